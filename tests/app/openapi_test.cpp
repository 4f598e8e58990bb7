#include "app/http/errors.hpp"
#include "app/http/route.hpp"
#include "app/openapi/document.hpp"
#include "app/web/assets.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>

using namespace pawl::app;
namespace json = boost::json;

namespace {

std::string served(bool development, std::string_view sign_up = {}) {
    return fill_template(openapi_template(all_routes(development)), {"https://auth.example.com", "1.2.3", sign_up},
                         template_kind::json);
}

json::object document(bool development) {
    return json::parse(served(development)).as_object();
}

const error_row* row_with_code(std::string_view code) {
    for (const error_row& row : error_table()) {
        if (row.code == code) {
            return &row;
        }
    }
    return nullptr;
}

std::set<std::string> texts(const json::value& array) {
    std::set<std::string> all;
    for (const auto& text : array.as_array()) {
        all.emplace(text.as_string());
    }
    return all;
}

// Every $ref of the document must lead somewhere.
void check_references(const json::value& root, const json::value& value) {
    if (const auto* object = value.if_object()) {
        for (const auto& member : *object) {
            if (member.key() == "$ref") {
                boost::system::error_code ec;
                const std::string pointer(member.value().as_string().subview(1));
                BOOST_TEST((root.find_pointer(pointer, ec) != nullptr), pointer);
            } else {
                check_references(root, member.value());
            }
        }
    } else if (const auto* array = value.if_array()) {
        for (const auto& element : *array) {
            check_references(root, element);
        }
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(openapi)

BOOST_AUTO_TEST_CASE(describes_exactly_the_routes_there_are) {
    for (const bool development : {false, true}) {
        std::map<std::string, std::string> routed; // "get /path" to name
        for (const route& r : all_routes(development)) {
            const bool alias = r.path.starts_with("/api/v1/auth/");
            routed[std::string(name_of(r.method)) + " " + std::string(r.path)] =
                std::string(r.name) + (alias ? "_v1" : "");
        }
        std::map<std::string, std::string> described;
        const json::object root = document(development);
        for (const auto& path : root.at("paths").as_object()) {
            for (const auto& operation : path.value().as_object()) {
                described[std::string(operation.key()) + " " + std::string(path.key())] =
                    operation.value().as_object().at("operationId").as_string();
            }
        }
        BOOST_TEST((routed == described));
        for (const auto& [key, name] : routed) {
            BOOST_TEST((described.contains(key) && described[key] == name), key << " " << name);
        }
        for (const auto& [key, name] : described) {
            BOOST_TEST(routed.contains(key), key);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_row_has_its_description_and_every_description_its_row) {
    std::set<std::string> rows, descriptions;
    for (const route& r : all_routes(true)) {
        rows.emplace(r.name);
    }
    const json::value contract = json::parse(unpacked(*find_asset("openapi/contract.json")));
    for (const auto& handler : contract.at("handlers").as_object()) {
        for (const auto& operation : handler.value().at("operations").as_object()) {
            descriptions.emplace(operation.key());
        }
    }
    BOOST_TEST(rows == descriptions, boost::test_tools::per_element());
    const route undescribed[] = {
        {http_method::get, "/nowhere", all_routes(false).front().handle, "nowhere", refuses()}};
    BOOST_CHECK_EXCEPTION(openapi_template(undescribed), std::logic_error, [](const std::logic_error& error) {
        return std::string(error.what()).find("nowhere") != std::string::npos;
    });
}

// The codes of the error responses of `row`'s operation, as their examples name them; without /token, whose are others.
std::set<std::string> described_codes(const json::object& root, const route& row) {
    std::set<std::string> codes;
    const json::value& operation = root.at("paths").at(row.path).at(name_of(row.method));
    for (const auto& response : operation.at("responses").as_object()) {
        boost::system::error_code ec;
        if (const auto* all = response.value().find_pointer("/content/application~1problem+json/examples", ec)) {
            for (const auto& example : all->as_object()) {
                codes.emplace(example.key());
            }
        }
    }
    return codes;
}

BOOST_AUTO_TEST_CASE(who_may_ask_and_what_is_refused_then_is_in_the_document) {
    const json::object root = document(true);
    for (const route& r : all_routes(true)) {
        BOOST_TEST_CONTEXT(r.path << " " << r.name) {
            const json::object& operation = root.at("paths").at(r.path).at(name_of(r.method)).as_object();
            const std::set<std::string> codes = described_codes(root, r);
            if (asks_for_token(r.who)) {
                BOOST_TEST(operation.at("security").as_array().size() == 2U); // neither of them {}: not without a token
                BOOST_TEST(codes.contains("missing_access_token"));
                BOOST_TEST(codes.contains("storage_unavailable"));
            }
            BOOST_TEST(codes.contains("not_admin") == (r.who == audience::superuser));
            BOOST_TEST(codes.contains("forbidden_origin") == (r.who == audience::developer));
            BOOST_TEST(r.path.starts_with("/admin/") == (r.who == audience::superuser));
            BOOST_TEST(r.path.starts_with("/dev/") == (r.who == audience::developer));
        }
    }
}

BOOST_AUTO_TEST_CASE(knows_exactly_the_codes_of_the_error_table) {
    const auto said_as_problem = [](const error_row& row) {
        return std::ranges::any_of(all_routes(false), [&](const route& r) {
            return r.refusals.style() == error_style::problem && all_refusals(r).contains(row.why);
        });
    };
    std::set<std::string> codes;
    std::set<std::string> oauth_errors;
    for (const error_row& row : error_table()) {
        if (row.code != row.oauth_error || said_as_problem(row)) { // else only ever said as an OAuth error
            codes.emplace(row.code);
        }
        if (!row.oauth_error.empty()) {
            oauth_errors.emplace(row.oauth_error);
        }
    }
    const json::value root = document(false);
    BOOST_TEST((texts(root.at_pointer("/components/schemas/Problem/properties/code/enum")) == codes));
    BOOST_TEST((texts(root.at_pointer("/components/schemas/OAuthError/properties/error/enum")) == oauth_errors));
}

BOOST_AUTO_TEST_CASE(error_examples_say_what_the_server_says) {
    const json::object root = document(true);
    std::size_t seen = 0;
    for (const auto& path : root.at("paths").as_object()) {
        for (const auto& operation : path.value().as_object()) {
            for (const auto& response : operation.value().as_object().at("responses").as_object()) {
                boost::system::error_code ec;
                const auto* examples = response.value().find_pointer("/content/application~1problem+json/examples", ec);
                if (examples == nullptr) {
                    continue;
                }
                for (const auto& example : examples->as_object()) {
                    BOOST_TEST_CONTEXT(path.key() << " " << example.key()) {
                        const auto& value = example.value().at("value").as_object();
                        const error_row* row = row_with_code(std::string(example.key()));
                        BOOST_REQUIRE(row != nullptr);
                        BOOST_TEST(value.at("code").as_string() == std::string(row->code));
                        BOOST_TEST(value.at("status").as_int64() == row->status);
                        BOOST_TEST(std::to_string(row->status) == std::string(response.key()));
                        BOOST_TEST(value.at("title").as_string() == std::string(row->title));
                        BOOST_TEST(value.at("detail").as_string() == std::string(row->detail));
                        ++seen;
                    }
                }
            }
        }
    }
    BOOST_TEST(seen > 100U);
}

BOOST_AUTO_TEST_CASE(token_examples_are_those_of_the_table) {
    const json::value root = document(false);
    for (const auto& response : root.at_pointer("/paths/~1token/post/responses").as_object()) {
        boost::system::error_code ec;
        const auto* examples = response.value().find_pointer("/content/application~1json/examples", ec);
        if (examples == nullptr) {
            continue;
        }
        for (const auto& example : examples->as_object()) {
            const error_row* row = row_with_code(std::string(example.key()));
            BOOST_REQUIRE(row != nullptr);
            BOOST_TEST(example.value().at_pointer("/value/error").as_string() == std::string(row->oauth_error));
            BOOST_TEST(example.value().at_pointer("/value/error_description").as_string() == std::string(row->detail));
        }
    }
}

BOOST_AUTO_TEST_CASE(references_lead_somewhere_and_places_are_filled) {
    for (const bool development : {false, true}) {
        const json::value root = document(development);
        check_references(root, root);
        BOOST_TEST(root.at_pointer("/openapi").as_string().starts_with("3.1"));
        BOOST_TEST(root.at_pointer("/info/version").as_string() == "1.2.3");
        BOOST_TEST(root.at_pointer("/servers/0/url").as_string() == "https://auth.example.com");
        BOOST_TEST(json::serialize(root).find("@ISSUER@") == std::string::npos);
        BOOST_TEST(json::serialize(root).find("@SIGN_UP@") == std::string::npos);
    }
    const std::string_view sign_up_closed_text = pawl::app::text_of(pawl::sign_up_mode::closed);
    const std::string closed = served(false, sign_up_closed_text);
    for (const char* where : {"/info/description", "/paths/~1signup/post/description"}) {
        const json::value root = json::parse(closed);
        BOOST_TEST(std::string_view(root.at_pointer(where).as_string()).find(sign_up_closed_text) !=
                   std::string_view::npos);
    }
}

BOOST_AUTO_TEST_CASE(authorize_logs_in_with_the_password_flow) {
    const json::value root = document(false);
    BOOST_TEST(root.at_pointer("/components/securitySchemes/password/flows/password/tokenUrl").as_string() == "token");
}

BOOST_AUTO_TEST_CASE(templates_escape_for_where_they_are_put) {
    BOOST_TEST(fill_template("a@b @ISSUER@ @VERSION@@ISSUER", {"x\"<&", "1", {}}, template_kind::html) ==
               "a@b x&quot;&lt;&amp; 1@ISSUER");
    BOOST_TEST(fill_template("\"@ISSUER@\"", {"x\"\\\n", "1", {}}, template_kind::json) == R"("x\"\\\n")");
    BOOST_TEST(fill_template("", {"x", "1", {}}, template_kind::json).empty());
}

BOOST_AUTO_TEST_CASE(assets_unpack_to_what_went_in) {
    BOOST_TEST(all_assets().size() > 8U);
    for (const asset& a : all_assets()) {
        BOOST_TEST_CONTEXT(a.name) {
            BOOST_TEST(plain_text(a).size() == a.size);
            BOOST_TEST(find_asset(a.name) == &a);
            BOOST_TEST(a.etag.starts_with("W/\""));
        }
    }
    BOOST_TEST(plain_text(*find_asset("page/docs.html")).starts_with("<!doctype html>"));
    BOOST_TEST(plain_text(*find_asset("swagger-ui-bundle.js")).find("SwaggerUIBundle") != std::string_view::npos);
    BOOST_TEST((find_asset("nothing") == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()
