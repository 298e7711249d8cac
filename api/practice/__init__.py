"""The practice help desk as a place to learn and to be measured."""
