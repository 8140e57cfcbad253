#include "ctl/page.h"

#include <algorithm>
#include <numeric>

#include "ctl/screen_text.h"

namespace joist::ctl {
namespace {

constexpr int kGap = 2;            // blanks between columns
constexpr int kCutColumnsMin = 8;  // a cut column is not narrower
constexpr int kWrapColumnsMin = 24;
constexpr int kWrapColumnsGood = 40;

std::string_view colour_of(Tone tone) {
  switch (tone) {
    case Tone::Good:
      return "\x1b[32m";
    case Tone::Warning:
      return "\x1b[33m";
    case Tone::Bad:
      return "\x1b[31m";
    case Tone::Dim:
      return "\x1b[2m";
    case Tone::Strong:
      return "\x1b[1m";
    default:
      return "";
  }
}

std::string toned(std::string text, Tone tone, const Screen& screen) {
  if (!screen.colour || tone == Tone::Plain || text.empty()) return text;
  return std::string(colour_of(tone)) + text + "\x1b[0m";
}

std::string bold(const std::string& text, const Screen& screen) {
  return screen.colour ? "\x1b[1m" + text + "\x1b[0m" : text;
}

// A table of safe text, and which of its columns are shown how wide.
class Layout {
 public:
  Layout(const Table& table, const Screen& screen) : table_(table), screen_(screen) {
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      int width = screen_columns(table.columns[column].title);
      for (const auto& row : table.rows) {
        width = std::max(width, screen_columns(screen_text(row[column].text, screen.utf8)));
      }
      widths_.push_back(width);
      shown_.push_back(column);
    }
    if (screen.columns > 0) fit();
  }

  std::string text() const {
    std::vector<Cell> titles;
    for (const Column& column : table_.columns) titles.push_back({column.title, Tone::Plain});
    std::string lines = row_text(titles, true);
    for (const auto& row : table_.rows) lines += row_text(row, false);
    return lines;
  }

 private:
  int total() const {
    int columns = kGap * (static_cast<int>(shown_.size()) - 1);
    for (const std::size_t column : shown_) columns += widths_[column];
    return columns;
  }

  bool wraps(std::size_t column) const {
    return column == shown_.back() && table_.columns[column].fit == Fit::Wrap;
  }

  // Columns go until the wrapping one is comfortable to read; then that takes
  // what is left; then the widest of those that may be cut are.
  void fit() {
    const int natural = widths_[shown_.back()];
    const bool wrapping = wraps(shown_.back());
    if (wrapping) widths_[shown_.back()] = std::min(natural, kWrapColumnsGood);
    while (total() > screen_.columns) {
      const auto last = std::find_if(shown_.rbegin(), shown_.rend(), [&](std::size_t column) {
        return table_.columns[column].fit == Fit::Drop;
      });
      if (last == shown_.rend()) break;
      shown_.erase(std::next(last).base());
    }
    if (wrapping) {
      const int spare = screen_.columns - (total() - widths_[shown_.back()]);
      widths_[shown_.back()] = std::min(natural, std::max(spare, kWrapColumnsMin));
    }
    while (total() > screen_.columns && cut_widest()) {
    }
  }

  // False: nothing is left that may be cut.
  bool cut_widest() {
    std::size_t widest = widths_.size();
    for (const std::size_t column : shown_) {
      const bool may = table_.columns[column].fit == Fit::Cut && widths_[column] > kCutColumnsMin;
      if (may && (widest == widths_.size() || widths_[column] > widths_[widest])) widest = column;
    }
    if (widest == widths_.size()) return false;
    --widths_[widest];
    return true;
  }

  std::string row_text(const std::vector<Cell>& cells, bool title) const {
    std::string line;
    std::vector<std::string> wrapped;
    int left = 0;
    for (const std::size_t column : shown_) {
      std::string text = screen_text(cells[column].text, screen_.utf8);
      if (screen_.columns > 0 && wraps(column)) {
        wrapped = wrap_to_columns(text, widths_[column]);
        text = wrapped.front();
      } else if (screen_.columns > 0) {
        text = cut_to_columns(text, widths_[column], screen_.utf8);
      }
      const int blanks = widths_[column] - screen_columns(text);
      const std::string padding(static_cast<std::size_t>(std::max(blanks, 0)), ' ');
      const bool right = table_.columns[column].right;
      const bool last = column == shown_.back();
      text = title ? bold(text, screen_) : toned(text, cells[column].tone, screen_);
      line += (right ? padding : "") + text + (right || last ? "" : padding);
      if (!last) line += std::string(kGap, ' ');
      if (!last) left += widths_[column] + kGap;
    }
    line = without_trailing_blanks(std::move(line)) + "\n";
    for (std::size_t index = 1; index < wrapped.size(); ++index) {
      line += std::string(static_cast<std::size_t>(left), ' ') +
              toned(wrapped[index], cells[shown_.back()].tone, screen_) + "\n";
    }
    return line;
  }

  static std::string without_trailing_blanks(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  }

  const Table& table_;
  const Screen& screen_;
  std::vector<int> widths_;
  std::vector<std::size_t> shown_;
};

std::string table_text(const Table& table, const Screen& screen) {
  if (table.rows.empty()) return table.when_empty + "\n";
  return Layout(table, screen).text();
}

std::string facts_text(const Facts& facts, const Screen& screen) {
  int width = 0;
  for (const Fact& fact : facts.facts) width = std::max(width, screen_columns(fact.label));
  width += kGap;
  std::string lines;
  for (const Fact& fact : facts.facts) {
    const std::string text = screen_text(fact.value.text, screen.utf8);
    const int spare = screen.columns - width;
    const auto wrapped = screen.columns > 0
                             ? wrap_to_columns(text, std::max(spare, kWrapColumnsMin))
                             : std::vector<std::string>{text};
    std::string label = fact.label;
    for (const std::string& line : wrapped) {
      const auto blanks = static_cast<std::size_t>(width - screen_columns(label));
      lines += bold(label, screen) + std::string(blanks, ' ') +
               toned(line, fact.value.tone, screen) + "\n";
      label.clear();
    }
  }
  return lines;
}

}  // namespace

std::string render(const Page& page, const Screen& screen) {
  std::string text;
  for (const Section& section : page.sections) {
    if (!text.empty()) text += "\n";
    if (!section.title.empty())
      text += bold(screen_text(section.title, screen.utf8), screen) + "\n";
    if (const auto* table = std::get_if<Table>(&section.content)) {
      text += table_text(*table, screen);
    } else {
      text += facts_text(std::get<Facts>(section.content), screen);
    }
  }
  return text;
}

}  // namespace joist::ctl
