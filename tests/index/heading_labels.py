"""A small table of heading words for the tests of outline and sentences."""

from dataclasses import dataclass, field

DIMENSIONS = {
    "理论学习": "theory",
    "政治素质": "politics",
    "党性": "politics",
    "能力本领": "ability",
    "业务素质": "ability",
    "担当": "responsibility",
    "工作作风": "style",
    "作风建设": "style",
    "宗旨": "style",
    "廉洁自律": "integrity",
    "廉洁从政": "integrity",
}
ROLES = {
    "问题": "problem",
    "原因": "cause",
    "症结": "cause",
    "措施": "measure",
    "努力方向": "measure",
    "打算": "measure",
    "学习情况": "study",
}


@dataclass(frozen=True)
class AliasLabels:
    """Names the dimension that stands first in a heading, and the role that stands last."""

    dimensions: dict[str, str] = field(default_factory=lambda: DIMENSIONS)
    roles: dict[str, str] = field(default_factory=lambda: ROLES)

    def declared(self, heading: str) -> str | None:
        found = [(heading.index(word), code) for word, code in self.dimensions.items() if word in heading]
        return min(found)[1] if found else None

    def role(self, heading: str) -> str | None:
        found = [(heading.rindex(word), code) for word, code in self.roles.items() if word in heading]
        return max(found)[1] if found else None
