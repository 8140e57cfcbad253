#include "base/yaml_document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <istream>
#include <map>
#include <set>
#include <streambuf>

#include "base/utf8.h"
#include "base/value_text.h"

namespace joist {
namespace {

// Thrown through yaml-cpp to stop it; caught in parse_yaml().
struct YamlRefusal {
  YamlPlace place;
  std::string what;
};

class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // never written: no overflow() here
    setg(begin, begin, begin + text.size());
  }
};

// What a subtree costs. Every copy is charged like the original.
struct Extent {
  int nodes = 1;
  int depth = 1;
  std::size_t text_bytes = 0;
};

constexpr std::size_t kTextBytesMax = 4 * kYamlBytesMax;

Extent extent_of(const YamlNode& node) {
  Extent extent{1, 1, node.text.size()};
  for (const YamlKey& key : node.keys) extent.text_bytes += key.text.size();
  extent.nodes += static_cast<int>(node.keys.size());
  for (const YamlNode& child : node.children) {
    const Extent inner = extent_of(child);
    extent.nodes += inner.nodes;
    extent.depth = std::max(extent.depth, inner.depth + 1);
    extent.text_bytes += inner.text_bytes;
  }
  return extent;
}

// yaml-cpp hands plain scalars over with the tag "?", quoted ones with "!".
constexpr std::string_view kPlainTag = "?";
constexpr std::string_view kQuotedTag = "!";

// yaml-cpp takes the end of the text for the end of a quote, if a line ends there.
bool is_closed(std::string_view quoted) {
  const char quote = quoted.front();
  if (quote != '"' && quote != '\'') return true;  // "!": a tag of the text's own
  for (std::size_t at = 1; at < quoted.size(); ++at) {
    const bool doubled = quote == '\'' && quoted.substr(at, 2) == "''";
    if (doubled || (quote == '"' && quoted[at] == '\\')) {
      ++at;  // the second of the two ends nothing
    } else if (quoted[at] == quote) {
      return true;
    }
  }
  return false;
}

// What yaml-cpp's words mean to who wrote the file.
std::string_view explained(std::string_view words) {
  struct Explained {
    std::string_view words;
    std::string_view meaning;
  };
  static constexpr std::array<Explained, 10> meanings{{
      {"end of sequence flow not found", "a list that was begun with [ has no end, expected ]"},
      {"end of map flow not found", "a mapping that was begun with { has no end, expected }"},
      {"illegal flow end", "a ] or } that ends nothing"},
      {"illegal EOF in scalar", "the text ends inside a quote, expected a closing one"},
      {"illegal map value", "a colon where none can stand, expected quotes around such a value"},
      {"illegal block entry", "a list's dash where none can stand, expected it on its own line"},
      {"end of map not found", "not part of what is above, expected the same indentation"},
      {"end of sequence not found", "not part of the list above, expected the same indentation"},
      {"unknown token", "a sign that cannot begin a value, expected quotes around it"},
      {"the referenced anchor is not defined",
       "an alias of nothing, expected quotes around a value that begins with *"},
  }};
  const auto* found = std::ranges::find(meanings, words, &Explained::words);
  return found == meanings.end() ? words : found->meaning;
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string_view text) : text_(text) {}

  YamlNode take_root() { return std::move(root_); }

  YamlPlace last() const { return last_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      throw YamlRefusal{place_of(mark),
                        "a second document, expected one: is it indented like what is above?"};
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node;
    node.place = place_of(mark);
    if (awaits_key()) throw YamlRefusal{node.place, "a key without a name"};
    // For "key:" the mark is where the next thing stands, on a later line.
    const bool in_map = !open_.empty() && open_.back().node.kind == YamlNode::Kind::Map;
    if (in_map && open_.back().node.keys.back().place.line != node.place.line) {
      node.place = open_.back().node.keys.back().place;
    }
    add(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node;
    node.kind = YamlNode::Kind::Scalar;
    node.place = place_of(mark);
    node.text = value;
    node.plain = tag == kPlainTag;
    if (!node.plain && tag != kQuotedTag && !tag.empty()) refuse_tag(node.place, tag);
    const auto at = mark.pos >= 0 ? static_cast<std::size_t>(mark.pos) : text_.size();
    if (tag == kQuotedTag && at < text_.size() && !is_closed(text_.substr(at))) {
      throw YamlRefusal{node.place, "the quote that begins here has no end"};
    }
    if (awaits_key()) {
      if (anchor != 0) throw YamlRefusal{node.place, "an anchor on a key is not supported"};
      add_key(std::move(node));
    } else {
      add(std::move(node), anchor);
    }
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const YamlPlace place = place_of(mark);
    const auto named = anchored_.find(anchor);
    if (awaits_key()) throw YamlRefusal{place, "an alias as a key, expected a name"};
    if (named == anchored_.end()) throw YamlRefusal{place, "an alias within what it names"};
    charge(place, extent_of(named->second));
    place_node(named->second);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(YamlNode::Kind::List, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(YamlNode::Kind::Map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor;
    std::set<std::string, std::less<>> seen;  // keys of a map
  };

  // yaml-cpp has no place for some empty values: then it is where we are.
  YamlPlace place_of(const YAML::Mark& mark) {
    if (mark.line >= 0 && mark.column >= 0) last_ = {mark.line + 1, mark.column + 1};
    return last_;
  }

  [[noreturn]] static void refuse_tag(YamlPlace place, const std::string& tag) {
    throw YamlRefusal{place, "the tag " + in_quotes(tag) + " is not supported, leave it out"};
  }

  bool awaits_key() const {
    return !open_.empty() && open_.back().node.kind == YamlNode::Kind::Map &&
           open_.back().node.keys.size() == open_.back().node.children.size();
  }

  void charge(YamlPlace place, Extent added) {
    nodes_ += added.nodes;
    text_bytes_ += added.text_bytes;
    if (text_bytes_ > kTextBytesMax) throw YamlRefusal{place, "aliases make it larger than 4 MiB"};
    if (nodes_ > kYamlNodesMax) {
      throw YamlRefusal{place, "more than " + std::to_string(kYamlNodesMax) + " values"};
    }
    if (static_cast<int>(open_.size()) + added.depth > kYamlDepthMax) {
      throw YamlRefusal{place, "nested deeper than " + std::to_string(kYamlDepthMax) + " levels"};
    }
  }

  void add_key(YamlNode node) {
    charge(node.place, extent_of(node));
    Open& map = open_.back();
    if (!map.seen.insert(node.text).second) {
      const auto first = std::ranges::find(map.node.keys, node.text, &YamlKey::text);
      throw YamlRefusal{node.place, "duplicate key " + in_quotes(node.text) +
                                        ", expected once: it is in line " +
                                        std::to_string(first->place.line) + " already"};
    }
    map.node.keys.push_back({std::move(node.text), node.place});
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    YamlNode node;
    node.kind = kind;
    node.place = place_of(mark);
    if (tag != kPlainTag && tag != kQuotedTag && !tag.empty()) refuse_tag(node.place, tag);
    if (awaits_key()) {
      throw YamlRefusal{node.place, "a list or mapping as a key, expected a name"};
    }
    charge(node.place, {});
    open_.push_back({std::move(node), anchor, {}});
  }

  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    keep_anchor(closed.node, closed.anchor);
    place_node(std::move(closed.node));
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    charge(node.place, extent_of(node));
    keep_anchor(node, anchor);
    place_node(std::move(node));
  }

  void keep_anchor(const YamlNode& node, YAML::anchor_t anchor) {
    if (anchor == 0) return;
    charge(node.place, extent_of(node));
    anchored_[anchor] = node;
  }

  void place_node(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else {
      open_.back().node.children.push_back(std::move(node));
    }
  }

  std::string_view text_;
  std::vector<Open> open_;  // outermost first
  std::map<YAML::anchor_t, YamlNode> anchored_;
  YamlNode root_;
  YamlPlace last_;
  int nodes_ = 0;
  std::size_t text_bytes_ = 0;
  int documents_ = 0;
};

// The place of the first byte that no YAML text may have; npos: there is none.
std::size_t find_forbidden(std::string_view text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t offset = text.size() - rest.size();
    const auto byte = static_cast<unsigned char>(rest.front());
    const bool control = byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
    if (control || byte == 0x7f) return offset;
    const std::string_view before = rest;
    take_code_point(rest);
    if (byte >= 0x80 && before.size() - rest.size() == 1) return offset;
  }
  return std::string_view::npos;
}

YamlPlace place_at(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<int>(std::ranges::count(before, '\n')) + 1,
          static_cast<int>(offset - line_begin) + 1};
}

// Where the innermost [ or { stands that is not closed; none: 0, 0. Brackets in
// quotes and comments count too: ask only of what is known to be wrong.
YamlPlace find_unclosed(std::string_view text) {
  std::vector<std::size_t> open;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '[' || text[at] == '{') open.push_back(at);
    if ((text[at] == ']' || text[at] == '}') && !open.empty()) open.pop_back();
  }
  return open.empty() ? YamlPlace{0, 0} : place_at(text, open.back());
}

// The place of a tab in the indentation of line `line`, from 1; none: 0, 0.
YamlPlace tab_in_indentation(std::string_view text, int line) {
  for (int skipped = 1; skipped < line; ++skipped) {
    text.remove_prefix(std::min(text.size(), text.find('\n') + 1));
  }
  const auto tab = text.find_first_not_of(' ');
  if (tab == std::string_view::npos || text[tab] != '\t') return {0, 0};
  return {line, static_cast<int>(tab) + 1};
}

}  // namespace

std::string at_place(std::string_view file_name, YamlPlace place, std::string_view what) {
  return std::string(file_name) + ":" + std::to_string(place.line) + ":" +
         std::to_string(place.column) + ": " + std::string(what);
}

Result<YamlNode> parse_yaml(std::string_view text, std::string_view file_name) {
  const auto refuse = [&](YamlPlace place, std::string_view what) {
    return fail(ErrorCode::Malformed, at_place(file_name, place, what));
  };
  if (text.size() > kYamlBytesMax) {
    return refuse({}, "larger than 1 MiB, expected a configuration");
  }
  if (const auto offset = find_forbidden(text); offset != std::string_view::npos) {
    return refuse(place_at(text, offset),
                  "a byte that is no UTF-8 text or a control character, expected UTF-8");
  }
  TreeBuilder builder(text);
  try {
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take_root();
  } catch (const YamlRefusal& refusal) {
    // An open [ or { at the end looks like the key of a mapping.
    const YamlPlace open = find_unclosed(text);
    const bool unclosed = open.line == refusal.place.line && open.column == refusal.place.column;
    return refuse(refusal.place, unclosed ? "not YAML: what begins here has no end, expected ] or }"
                                          : refusal.what);
  } catch (const YAML::Exception& error) {
    const bool placed = error.mark.line >= 0 && error.mark.column >= 0;
    YamlPlace place =
        placed ? YamlPlace{error.mark.line + 1, error.mark.column + 1} : builder.last();
    // yaml-cpp names the line's beginning for what has no end.
    const YamlPlace open = find_unclosed(text);
    if (open.line != 0 && error.msg.find("flow not found") != std::string::npos) place = open;
    const YamlPlace tab = tab_in_indentation(text, place.line);
    if (tab.line != 0) return refuse(tab, "a tab in the indentation, expected spaces");
    return refuse(place, "not YAML: " + std::string(explained(error.msg)));
  }
}

}  // namespace joist
