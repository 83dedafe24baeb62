"""Cleans raw events into Delta tables and answers the questions, in batch and streaming."""
