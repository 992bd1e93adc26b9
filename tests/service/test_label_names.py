import pytest

from models.taxonomy import load_taxonomy
from service.errors import BadRequest
from service.label_names import code_of


def test_a_label_is_known_by_its_code_and_by_the_name_that_tables_show():
    dimensions = load_taxonomy().dimensions

    assert ["theory"] * 2 == [code_of(name, dimensions, param="dimension") for name in ("theory", "理论学习")]


def test_another_name_is_refused_with_those_that_are_known():
    with pytest.raises(BadRequest, match="^dimension '学习' is unknown; known are theory, ") as refused:
        code_of("学习", load_taxonomy().dimensions, param="filter.dimension")

    assert "filter.dimension" == refused.value.param
