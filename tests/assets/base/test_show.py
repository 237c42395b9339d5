"""What a person sees in the UI: tables that text of the collection cannot break out of."""

from assets.base.show import markdown_table


def test_a_table_has_two_digits_and_dashes() -> None:
    shown = markdown_table(("model", "P@10"), [("mcc", 12.345), ("her", None), ("best", "**1.00** (2.00)")])
    assert shown.text == "| model | P@10 |\n|---|---|\n| mcc | 12.35 |\n| her | – |\n| best | **1.00** (2.00) |"


def test_text_of_the_collection_stays_text() -> None:
    shown = markdown_table(
        ("hashtag",), [("a|b",), ("<img src=x onerror=y>",), ("![](http://evil/x.png)",), ("a\nb",), ("\\[x](y)",)]
    )
    assert shown.text.splitlines()[2:] == [
        "| a\\|b |",
        "| &lt;img src=x onerror=y> |",
        "| !\\[](http://evil/x.png) |",
        "| a b |",
        "| \\\\\\[x](y) |",
    ]
