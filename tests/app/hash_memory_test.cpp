#include "app/worker/hash_memory.hpp"
#include "core/password/password.hpp"
#include "storage/system_random.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <thread>

using namespace pawl::app;

namespace {

constexpr std::size_t hash_size = std::size_t{19'456} * 1024; // of Argon2id as Pawl sets it
constexpr int filled = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;

void* map(std::size_t size, int flags = filled) {
    return ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, -1, 0);
}

struct mapping {
    std::uintptr_t begin = 0, end = 0;
    bool huge = false; // huge pages are asked for
    std::size_t resident_kib = 0;
};

// The mapping of `address`, as /proc/self/smaps has it.
std::optional<mapping> mapping_of(const void* address) {
    const auto wanted = reinterpret_cast<std::uintptr_t>(address);
    std::ifstream maps("/proc/self/smaps");
    mapping at;
    bool inside = false;
    for (std::string line; std::getline(maps, line);) {
        unsigned long begin = 0;
        unsigned long end = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) { // NOLINT(cert-err34-c): two must be there
            if (inside) {
                return at;
            }
            inside = begin <= wanted && wanted < end;
            at = {begin, end, false, 0};
        } else if (line.starts_with("Rss:")) {
            at.resident_kib = std::stoul(line.substr(4));
        } else if (line.starts_with("VmFlags:")) {
            at.huge = line.find(" hg") != std::string::npos;
        }
    }
    return inside ? std::optional(at) : std::nullopt;
}

// Of the whole process.
std::size_t mapped_pages() {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages;
}

void on_a_hash_thread(const std::function<void()>& what) {
    std::thread([&] {
        hash_in_huge_pages();
        what();
    }).join();
}

// Whether there is anything to test: not where a sanitizer watches mappings.
bool replaced() {
    bool here = false;
    std::thread([&] { here = hash_in_huge_pages(); }).join();
    return here;
}

boost::test_tools::assertion_result is_replaced(boost::unit_test::test_unit_id) {
    return replaced();
}

boost::test_tools::assertion_result applies(boost::unit_test::test_unit_id) {
    return replaced() && std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled").good();
}

} // namespace

BOOST_AUTO_TEST_SUITE(hash_memory)

BOOST_AUTO_TEST_CASE(a_hash_thread_fills_its_block_in_huge_pages, *boost::unit_test::precondition(applies)) {
    on_a_hash_thread([] {
        void* const block = map(hash_size);
        BOOST_REQUIRE(block != MAP_FAILED);
        const auto at = mapping_of(block);
        BOOST_REQUIRE(at);
        BOOST_TEST(at->huge);
        BOOST_TEST(at->resident_kib >= hash_size / 1024);
        ::munmap(block, hash_size);
    });
}

BOOST_AUTO_TEST_CASE(the_block_of_a_password_hash_is_one, *boost::unit_test::precondition(is_replaced)) {
    on_a_hash_thread([] {
        pawl::storage::system_random random;
        const pawl::secret_string password("correct horse battery");
        const std::string hashed = pawl::hash_password_blocking(password, {.memory_kib = 7168, .passes = 5}, random);
        BOOST_TEST(hash_blocks_mapped() == 1U);
        BOOST_TEST(pawl::verify_password_blocking(password, hashed));
        BOOST_TEST(hash_blocks_mapped() == 2U);
    });
}

BOOST_AUTO_TEST_CASE(nothing_is_mapped_but_the_block_and_nothing_stays_when_it_is_given_back) {
    on_a_hash_thread([] {
        constexpr std::size_t odd = hash_size + 1; // which fills its last page with one byte
        void* const block = map(odd);
        BOOST_REQUIRE(block != MAP_FAILED);
        static_cast<char*>(block)[odd - 1] = 1;
        const auto address = reinterpret_cast<std::uintptr_t>(block);
        const auto at = mapping_of(block);
        BOOST_REQUIRE(at);
        BOOST_TEST((at->begin <= address && address + odd <= at->end));
        BOOST_TEST(::munmap(block, odd) == 0);
        BOOST_TEST(!mapping_of(block));
        BOOST_TEST(!mapping_of(static_cast<char*>(block) + odd - 1));
        // Nor anything of what was cut off around it, 2 MiB each time.
        const std::size_t before = mapped_pages();
        for (int i = 0; i < 8; ++i) {
            void* const another = map(odd);
            BOOST_REQUIRE(another != MAP_FAILED);
            ::munmap(another, odd);
        }
        BOOST_TEST(mapped_pages() < before + hash_memory_min / 4096);
    });
}

BOOST_AUTO_TEST_CASE(other_threads_and_other_mappings_are_as_they_were, *boost::unit_test::precondition(applies)) {
    const auto asks = [](std::size_t size, int flags) {
        void* const block = map(size, flags);
        BOOST_REQUIRE(block != MAP_FAILED);
        const auto at = mapping_of(block);
        BOOST_REQUIRE(at);
        ::munmap(block, size);
        return at->huge;
    };
    BOOST_TEST(!asks(hash_size, filled));
    on_a_hash_thread([&] {
        BOOST_TEST(!asks(hash_size, MAP_PRIVATE | MAP_ANONYMOUS));
        BOOST_TEST(!asks(hash_memory_min - 1, filled));
        BOOST_TEST(asks(hash_memory_min, filled));
    });
}

BOOST_AUTO_TEST_CASE(what_cannot_be_mapped_is_refused_as_the_system_refuses_it) {
    on_a_hash_thread([] {
        constexpr std::size_t all_there_is = SIZE_MAX / 2;
        BOOST_TEST(map(all_there_is) == MAP_FAILED);
        BOOST_TEST(errno == ENOMEM);
        BOOST_TEST(map(SIZE_MAX) == MAP_FAILED);
    });
}

BOOST_AUTO_TEST_SUITE_END()
