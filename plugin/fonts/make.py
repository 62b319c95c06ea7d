#!/usr/bin/env python3
"""Makes the editor's fonts from Debian's fonts-inter: a subset of the characters that Flow writes, with tabular figures.

egui can't select OpenType features, so the digits of `tnum` replace the proportional ones.

    apt install fonts-inter python3-fonttools && python3 plugin/fonts/make.py
"""

from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

SOURCE = Path("/usr/share/fonts/opentype/inter")
# ASCII, Latin-1, Latin Extended-A, Greek and Cyrillic: the letters of the languages of Europe, for the names of songs too.
LETTERS = [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x384, 0x3CF), *range(0x400, 0x460), 0x490, 0x491]
TEXT = "".join(map(chr, LETTERS)) + "−–—…∞→←↩↪‹›●○✓≤≥“”„‘’"

for weight in ("Regular", "SemiBold"):
    font = TTFont(SOURCE / f"Inter-{weight}.otf")
    tabular = {}
    for record in font["GSUB"].table.FeatureList.FeatureRecord:
        if record.FeatureTag == "tnum":
            for index in record.Feature.LookupListIndex:
                for table in font["GSUB"].table.LookupList.Lookup[index].SubTable:
                    table = getattr(table, "ExtSubTable", table)
                    tabular.update(getattr(table, "mapping", {}))
    for table in font["cmap"].tables:
        for code in [*map(ord, "0123456789−+-.")]:
            if code in table.cmap:
                table.cmap[code] = tabular.get(table.cmap[code], table.cmap[code])
    missing = [c for c in TEXT if ord(c) not in font.getBestCmap()]
    # The outline of .notdef is a box, which stands for all letters that the font lacks.
    options = subset.Options(layout_features=["kern"], name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14], notdef_outline=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=TEXT)
    subsetter.subset(font)
    target = Path(__file__).with_name(f"Inter-{weight}.otf")
    font.save(target)
    print(target.name, target.stat().st_size, "bytes; not in the font:", " ".join(missing) or "nothing")
