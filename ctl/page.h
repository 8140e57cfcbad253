// What a view shows, before it is fitted to a screen: facts and tables of text
// with a tone. Text may be anything; render() makes it fit to be shown. Pure.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace joist::ctl {

enum class Tone { Plain, Good, Warning, Bad, Dim, Strong };

struct Cell {
  std::string text;
  Tone tone = Tone::Plain;
};

// What a column does where the screen is too narrow for all of them.
enum class Fit {
  Whole,  // keeps its width
  Cut,    // is cut, down to kCutColumnsMin
  Drop,   // is left out, the last such column first, before anything is cut
  Wrap,   // takes several lines: the last column only
};

struct Column {
  std::string title;
  Fit fit = Fit::Whole;
  bool right = false;  // aligned to the right: numbers
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  // as many cells as columns
  std::string when_empty;               // said in place of a table without rows
};

struct Fact {
  std::string label;  // empty: goes on from the fact before
  Cell value;
};

struct Facts {
  std::vector<Fact> facts;
};

struct Section {
  std::string title;  // empty: none
  std::variant<Facts, Table> content;
};

struct Page {
  std::vector<Section> sections;  // an empty line between two
};

struct Screen {
  int columns = 0;  // 0: as wide as it takes, one line a row
  bool colour = false;
  bool utf8 = true;
};

// Ends with a newline. Trailing blanks are left out.
std::string render(const Page& page, const Screen& screen);

}  // namespace joist::ctl
