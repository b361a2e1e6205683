"""`doctor`: the checks as lines for a person, or as JSON."""

import argparse


def run_doctor(options: argparse.Namespace) -> int:
    raise NotImplementedError
