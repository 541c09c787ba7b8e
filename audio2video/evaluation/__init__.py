"""Evaluation of passes, results and rebuilt targets against real video."""
