"""One picture per exercise, drawn with whatever implementation it is given."""
