#include "app/process/authorities.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace pawl::app;

namespace {

authority_places chosen(std::set<std::string> there, const std::string& named_file = {},
                        const std::string& named_directory = {}) {
    return choose_authorities({named_directory, named_file, "/usr/lib/ssl/certs", "/usr/lib/ssl/cert.pem",
                               [there = std::move(there)](const std::string& path) { return there.contains(path); }});
}

using paths = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(authorities)

BOOST_AUTO_TEST_CASE(where_openssl_was_built_to_look_there_is_no_second_place) {
    for (const char* const usual : {"/usr/lib/ssl/certs", "/usr/lib/ssl/cert.pem"}) {
        const authority_places found = chosen({usual, "/etc/ssl/certs/ca-certificates.crt"});
        BOOST_TEST(found.bundle.empty());
        BOOST_TEST(found.read == (paths{"/usr/lib/ssl/certs", "/usr/lib/ssl/cert.pem"}));
    }
}

BOOST_AUTO_TEST_CASE(elsewhere_it_is_the_bundle_of_the_system) {
    BOOST_TEST(chosen({"/etc/ssl/certs/ca-certificates.crt"}).bundle == "/etc/ssl/certs/ca-certificates.crt");
    BOOST_TEST(chosen({"/etc/pki/tls/certs/ca-bundle.crt"}).bundle == "/etc/pki/tls/certs/ca-bundle.crt");
    BOOST_TEST(chosen({"/etc/ssl/cert.pem"}).bundle == "/etc/ssl/cert.pem");
    BOOST_TEST(chosen({"/etc/ssl/cert.pem"}).read.back() == "/etc/ssl/cert.pem"); // the sandbox must leave it in reach
}

BOOST_AUTO_TEST_CASE(what_the_environment_names_counts_alone) {
    const std::set<std::string> fedora{"/etc/pki/tls/certs/ca-bundle.crt"};
    BOOST_TEST(chosen(fedora, "/opt/ours.pem").bundle.empty());
    BOOST_TEST(chosen(fedora, "/opt/ours.pem").read == (paths{"/usr/lib/ssl/certs", "/opt/ours.pem"}));
    BOOST_TEST(chosen(fedora, {}, "/opt/certs").read == (paths{"/opt/certs", "/usr/lib/ssl/cert.pem"}));
    BOOST_TEST(chosen(fedora, {}, "/opt/certs").bundle.empty());
}

BOOST_AUTO_TEST_CASE(a_system_without_any_has_none) {
    BOOST_TEST(chosen({}).bundle.empty());
}

BOOST_AUTO_TEST_SUITE_END()
