#include "base/yaml_document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
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

class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) throw YamlRefusal{place_of(mark), "a second document, expected one"};
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
  try {
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    TreeBuilder builder;
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take_root();
  } catch (const YamlRefusal& refusal) {
    return refuse(refusal.place, refusal.what);
  } catch (const YAML::Exception& error) {
    const YamlPlace place{std::max(error.mark.line, 0) + 1, std::max(error.mark.column, 0) + 1};
    return refuse(place, "not YAML: " + error.msg);
  }
}

}  // namespace joist
