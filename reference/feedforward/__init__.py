"""From the perceptron to backpropagation."""
