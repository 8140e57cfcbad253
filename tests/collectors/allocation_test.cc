// After the first pages, a page costs no heap allocation. A program of its own,
// because it replaces operator new.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "collectors/scrape.h"
#include "tests/support/collector_trees.h"

namespace {

// Of every thread: statfs(2) is called on another one.
std::atomic<std::size_t> allocations{0};

void* allocate(std::size_t size) {
  ++allocations;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace joist::collectors {
namespace {

constexpr int kPages = 100;

std::size_t allocations_of_a_page(Scrape& scrape) {
  const std::size_t before = allocations;
  scrape.page();
  return allocations - before;
}

TEST(Allocations, OfASteadyPageOfARecordedTreeAreNone) {
  for (const auto& tree : support::collector_trees()) {
    auto scrape = Scrape::make(support::roots_of(tree), support::options_of(tree));
    ASSERT_TRUE(scrape.has_value());
    // The first page renders and allocates: else nothing was counted.
    EXPECT_GT(allocations_of_a_page(**scrape), 100U) << tree;
    allocations_of_a_page(**scrape);
    for (int page = 0; page < kPages; ++page) {
      ASSERT_EQ(allocations_of_a_page(**scrape), 0U) << tree << ", page " << page;
    }
  }
}

// Other programs plug and pull devices on this host: most pages must be free.
TEST(Allocations, OfASteadyPageOfThisHostAreNone) {
  auto scrape = Scrape::make({}, {});
  ASSERT_TRUE(scrape.has_value());
  EXPECT_GT(allocations_of_a_page(**scrape), 100U);
  int free_pages = 0;
  for (int page = 0; page < kPages; ++page) {
    if (allocations_of_a_page(**scrape) == 0) ++free_pages;
  }
  EXPECT_GT(free_pages, kPages / 2);
}

}  // namespace
}  // namespace joist::collectors
