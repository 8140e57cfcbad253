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

void expect_free_pages(Scrape& scrape, int wanted) {
  // The first page renders and allocates: else nothing was counted.
  EXPECT_GT(allocations_of_a_page(scrape), 100U);
  allocations_of_a_page(scrape);
  int free_pages = 0;
  for (int page = 0; page < kPages; ++page) {
    if (allocations_of_a_page(scrape) == 0) ++free_pages;
  }
  EXPECT_GE(free_pages, wanted);
}

TEST(Allocations, OfASteadyPageOfARecordedTreeAreNone) {
  for (const auto& tree : support::collector_trees()) {
    SCOPED_TRACE(tree);
    auto scrape = Scrape::make(support::roots_of(tree), support::options_of(tree));
    ASSERT_TRUE(scrape.has_value());
    expect_free_pages(**scrape, kPages);
  }
}

TEST(Allocations, OfASteadyPageOfThisHostAreNone) {
  auto scrape = Scrape::make({}, {});
  ASSERT_TRUE(scrape.has_value());
  // A device that is plugged or pulled has the host looked through again, and other tests do that.
  expect_free_pages(**scrape, kPages / 2);
}

}  // namespace
}  // namespace joist::collectors
