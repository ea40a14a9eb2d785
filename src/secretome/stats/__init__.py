"""Arithmetic on plain arrays: numpy and scipy only; labels and units stay in the stages."""
