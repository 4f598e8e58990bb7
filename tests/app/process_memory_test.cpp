#include "app/process/process_memory.hpp"

#include <boost/test/unit_test.hpp>
#include <openssl/evp.h>

#include <cstddef>
#include <fstream>
#include <string>

using namespace pawl::app;

namespace {

// KiB of code that /proc/self/smaps calls resident.
std::size_t resident_code_kib() {
    std::ifstream maps("/proc/self/smaps");
    std::size_t total = 0;
    bool code = false;
    for (std::string line; std::getline(maps, line);) {
        if (line.find(" r-xp ") != std::string::npos) {
            code = line.find('/') != std::string::npos; // of a file
        } else if (line.find('-') < line.find(' ')) {
            code = false; // another mapping
        } else if (code && line.starts_with("Rss:")) {
            total += std::stoul(line.substr(4));
        }
    }
    return total;
}

std::string sha256_of_nothing() {
    std::string digest(32, '\0');
    unsigned size = 0;
    BOOST_REQUIRE(EVP_Digest("", 0, reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(), nullptr) ==
                  1);
    return digest;
}

std::string changed_since_the_start = "before"; // NOLINT: what must survive is a variable with a changed value

} // namespace

BOOST_AUTO_TEST_SUITE(process_memory)

BOOST_AUTO_TEST_CASE(code_that_only_the_start_needed_is_no_longer_resident_and_all_goes_on) {
    const std::string digest = sha256_of_nothing();
    changed_since_the_start = "after";
    const std::size_t before = resident_code_kib();
    BOOST_TEST(let_go_of_start_pages() > before * 1024);
    BOOST_TEST(resident_code_kib() < before);
    BOOST_TEST((sha256_of_nothing() == digest));
    BOOST_TEST(changed_since_the_start == "after");
}

BOOST_AUTO_TEST_CASE(an_ebb_is_a_fall_from_the_most_connections_there_were) {
    constexpr std::size_t fall = connection_ebb::fall_min;
    connection_ebb ebb;
    BOOST_TEST(!ebb.look(0));
    BOOST_TEST(!ebb.look(fall - 1));
    BOOST_TEST(!ebb.look(0)); // too few
    BOOST_TEST(!ebb.look(2 * fall));
    BOOST_TEST(!ebb.look(fall + 1));
    BOOST_TEST(ebb.look(fall));
    BOOST_TEST(!ebb.look(fall)); // told once
    BOOST_TEST(!ebb.look(1));
    BOOST_TEST(ebb.look(0));
    BOOST_TEST(!ebb.look(0));
}

BOOST_AUTO_TEST_SUITE_END()
