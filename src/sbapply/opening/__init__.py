"""Open what a verb works on, for the command line and for a program alike; knows neither argv nor a console."""
