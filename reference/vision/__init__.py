"""Segmentation, localisation, detection and metric learning."""
