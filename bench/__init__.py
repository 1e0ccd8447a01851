"""Measures a running server from outside, each figure beside its goal."""
