"""Where `liuwei` begins. Nothing is imported yet: Ctrl-C while that happens ends the process, without a traceback."""

import signal


def main() -> None:
    """Run the command line and exit, as `service.cli` says."""
    # Where SIGINT is ignored, as behind `nohup` or `&` in a script, it stays so.
    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heeded:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from service.cli import main as run

    if heeded:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


if __name__ == "__main__":
    main()
