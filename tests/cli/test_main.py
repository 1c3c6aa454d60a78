import builtins

import pytest

from neucobench.__main__ import main


def test_ctrl_c_while_the_command_line_loads_is_a_sentence(monkeypatch, capsys):
    load = builtins.__import__

    def interrupted(name, *arguments, **keywords):
        if name == "neucobench.cli.app":
            raise KeyboardInterrupt
        return load(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", interrupted)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 130
    assert capsys.readouterr().err == "Interrupted; nothing was begun.\n"
