#include "tools/found_memory.hpp"

#include <boost/test/unit_test.hpp>

#include <string_view>

using namespace pawl::tools;

BOOST_AUTO_TEST_SUITE(tools_found_memory)

BOOST_AUTO_TEST_CASE(the_memory_is_what_is_available_within_the_limit_of_the_container) {
    constexpr std::string_view meminfo =
        "MemTotal:       16303428 kB\nMemFree:          200000 kB\nMemAvailable:    8000000 kB\nBuffers: 1 kB\n";
    constexpr std::uint64_t available = 8'000'000ULL * 1024;
    BOOST_TEST((memory_by(meminfo, "") == available));
    BOOST_TEST((memory_by(meminfo, "max\n") == available));
    BOOST_TEST((memory_by(meminfo, "268435456\n") == 268'435'456U));
    BOOST_TEST((memory_by(meminfo, "99999999999999\n") == available));
    BOOST_TEST((memory_by("", "268435456\n") == 268'435'456U));
    BOOST_TEST((memory_by("", "") == std::nullopt));
    BOOST_TEST((memory_by("MemAvailable: lots\n", "max") == std::nullopt));
    BOOST_TEST((memory_by("MemAvailable: 18446744073709551615 kB\n", "") == std::nullopt));
}

BOOST_AUTO_TEST_CASE(hashes_of_all_threads_fit_in_half_of_it) {
    constexpr std::uint64_t mib = 1024 * 1024;
    BOOST_TEST(hashes_fit(19'456, 6, 256 * mib));
    BOOST_TEST(!hashes_fit(19'456, 7, 256 * mib));
    BOOST_TEST(!hashes_fit(65'536, 4, 256 * mib));
    BOOST_TEST(hashes_fit(65'536, 2, 256 * mib));
    BOOST_TEST(hashes_fit(262'144, 64, std::nullopt));
}

BOOST_AUTO_TEST_SUITE_END()
