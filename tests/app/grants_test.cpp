// The table of grants behind /token, and what is said of it elsewhere.
#include "app/handler/grants.hpp"

#include "app/http/errors.hpp"
#include "app/http/form.hpp"
#include "app/openapi/document.hpp"
#include "tests/app/handler_checks.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace pawl;
using namespace pawl::test;
namespace json = boost::json;

namespace {

std::set<std::string> names_of_grants() {
    std::set<std::string> names;
    for (const app::grant& row : app::all_grants()) {
        names.emplace(row.name);
    }
    return names;
}

std::set<std::string> texts(const json::value& array) {
    std::set<std::string> all;
    for (const auto& text : array.as_array()) {
        all.emplace(text.as_string());
    }
    return all;
}

json::value token_form() {
    const json::value root =
        json::parse(app::fill_template(app::openapi_template(app::all_routes(false)),
                                       {"https://auth.example.com", "1.2.3", {}}, app::template_kind::json));
    return root.at_pointer("/components/schemas/TokenForm");
}

const app::grant* grant_of(std::string_view form) {
    return app::grant_of(*app::read_form(form));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(grants, world)

BOOST_AUTO_TEST_CASE(each_row_has_a_name_of_its_own_and_is_found_by_it) {
    BOOST_TEST(names_of_grants().size() == app::all_grants().size());
    for (const app::grant& row : app::all_grants()) {
        BOOST_TEST(grant_of("grant_type=" + std::string(row.name)) == &row);
        BOOST_TEST(!row.parameters.empty());
    }
    BOOST_TEST(grant_of("grant_type=Password") == nullptr);
    BOOST_TEST(grant_of("grant_type=passwor") == nullptr);
    BOOST_TEST(grant_of("grant_type=implicit") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_form_that_names_no_grant_means_the_password) {
    for (const char* form : {"", "grant_type=", "a=b"}) {
        BOOST_REQUIRE(grant_of(form) != nullptr);
        BOOST_TEST(grant_of(form)->name == "password");
    }
}

BOOST_AUTO_TEST_CASE(the_openapi_document_has_the_grants_and_parameters_of_the_table) {
    std::set<std::string> values = names_of_grants();
    values.emplace(""); // as good as absent
    const json::value schema = token_form();
    BOOST_TEST((texts(schema.at_pointer("/properties/grant_type/enum")) == values));
    std::set<std::string> parameters{"grant_type"};
    parameters.insert(app::client_parameters().begin(), app::client_parameters().end());
    for (const app::grant& row : app::all_grants()) {
        parameters.insert(row.parameters.begin(), row.parameters.end());
    }
    std::set<std::string> described;
    for (const auto& property : schema.at("properties").as_object()) {
        described.emplace(property.key());
    }
    BOOST_TEST((described == parameters));
}

BOOST_AUTO_TEST_CASE(the_metadata_has_the_grants_and_client_authentications_of_the_table) {
    for (const char* path : {"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"}) {
        const json::value told = get(path).json();
        std::set<std::string> without_codes = names_of_grants(); // which /dev/code alone makes
        without_codes.erase("authorization_code");
        BOOST_TEST((texts(told.at("grant_types_supported")) == without_codes));
        const auto methods = app::client_authentication_methods();
        BOOST_TEST((texts(told.at("token_endpoint_auth_methods_supported")) ==
                    std::set<std::string>(methods.begin(), methods.end())));
    }
}

BOOST_AUTO_TEST_CASE(the_refusal_of_another_grant_names_those_there_are) {
    const answer refused = form("/token", "grant_type=implicit");
    expect_oauth(refused, 400, "unsupported_grant_type");
    for (const std::string& name : names_of_grants()) {
        BOOST_TEST(refused.text("error_description").find(name) != std::string::npos, name);
    }
}

BOOST_AUTO_TEST_CASE(a_grant_without_its_parameters_says_which_of_them_it_wants) {
    for (const app::grant& row : app::all_grants()) {
        const answer refused = form("/token", "grant_type=" + std::string(row.name));
        if (row.name == "client_credentials" || row.name == "authorization_code") { // a client comes first
            BOOST_TEST(refused.text("error") == "invalid_client");
            continue;
        }
        expect_oauth(refused, 400, "invalid_request");
        const std::string said = refused.text("error_description");
        bool named = false;
        for (const std::string_view parameter : row.parameters) {
            named = named || said.find(parameter) != std::string::npos;
        }
        BOOST_TEST(named, said);
    }
}

BOOST_AUTO_TEST_SUITE_END()
