#include "app/openapi/document.hpp"

#include "app/http/errors.hpp"
#include "app/openapi/error_responses.hpp"
#include "app/web/assets.hpp"
#include "core/text/html_text.hpp"
#include "core/text/json_text.hpp"

#include <boost/assert.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>
#include <utility>

namespace pawl::app {

namespace {

namespace json = boost::json;

// Added to the operationId of a route that is another's second home.
constexpr std::string_view alias_suffix = "_v1";
constexpr std::string_view alias_tag = "alias";

// The access token of either security scheme.
json::array bearer_security() {
    json::array schemes;
    schemes.push_back(json::object{{"password", json::array()}});
    schemes.push_back(json::object{{"bearer", json::array()}});
    return schemes;
}

json::object& object_at(json::object& parent, std::string_view name) {
    json::value& member = parent[name];
    return member.is_object() ? member.as_object() : member.emplace_object();
}

// Each once, in the order of the table. A row whose code is an OAuth error is one of `problems` or only ever said as
// the error.
json::array codes(const std::set<std::string_view>& problems) {
    json::array all;
    for (const error_row& row : error_table()) {
        if (row.code != row.oauth_error || problems.contains(row.code)) {
            all.emplace_back(row.code);
        }
    }
    return all;
}

json::array oauth_errors() {
    std::set<std::string_view> words;
    for (const error_row& row : error_table()) {
        words.insert(row.oauth_error);
    }
    words.erase("");
    return json::array(words.begin(), words.end());
}

// A document in the making. `contract` is what assemble.py embeds: the frame ("document"), the words for refusals
// ("refusals"), and what each app/handler/*.json says ("handlers").
class assembly {
public:
    assembly(const json::object& contract, json::storage_ptr memory)
        : words_(contract.at("refusals").as_object()), handlers_(contract.at("handlers").as_object()),
          document_(contract.at("document").as_object(), std::move(memory)) {}

    void add(const route& row) {
        if (row.refusals.style() == error_style::problem) {
            for (const refusal& refused : all_refusals(row)) {
                problems_.insert(row_of(refused.why).code);
            }
        }
        const auto& [handler, described] = description_of(row.name);
        json::object operation(document_.storage());
        operation["operationId"] = row.name;
        operation["tags"] = json::array({handler.at("tag")});
        if (asks_for_token(row.who)) {
            operation["security"] = bearer_security();
        }
        for (const auto& [name, value] : described) {
            operation[name] = value;
        }
        operation.erase("refusals");
        const json::value* own = described.if_contains("refusals");
        add_error_responses(operation["responses"].as_object(), row,
                            {words_, own != nullptr ? &own->as_object() : nullptr});
        if (!row.original.empty()) {
            operation["operationId"] = std::string(row.name).append(alias_suffix);
            operation["tags"] = json::array({alias_tag});
            operation["description"] = "The same as `" + std::string(row.original) + "`.";
        }
        tags_.emplace(operation["tags"].at(0).as_string());
        object_at(object_at(document_, "paths"), row.path)[name_of(row.method)] = std::move(operation);
        add_schemas(handler);
    }

    std::string take() && {
        json::array& tags = document_["tags"].as_array();
        const auto unused = std::ranges::remove_if(
            tags, [this](const json::value& tag) { return !tags_.contains(std::string(tag.at("name").as_string())); });
        tags.erase(unused.begin(), unused.end());
        json::object& schemas = document_["components"].at("schemas").as_object();
        schemas["Problem"].at("properties").at("code").as_object()["enum"] = codes(problems_);
        schemas["OAuthError"].at("properties").at("error").as_object()["enum"] = oauth_errors();
        return json::serialize(document_) + "\n";
    }

private:
    struct description {
        const json::object& handler;
        const json::object& operation;
    };
    description description_of(std::string_view name) const {
        for (const auto& [file, value] : handlers_) {
            const json::object& handler = value.as_object();
            if (const json::value* found = handler.at("operations").as_object().if_contains(name)) {
                return {handler, found->as_object()};
            }
        }
        throw std::logic_error("no app/handler/*.json describes the operation " + std::string(name));
    }
    void add_schemas(const json::object& handler) {
        if (const json::value* schemas = handler.if_contains("schemas")) {
            for (const auto& [name, schema] : schemas->as_object()) {
                document_["components"].at("schemas").as_object()[name] = schema;
            }
        }
    }

    const json::object& words_;
    const json::object& handlers_;
    json::object document_;
    std::set<std::string> tags_;          // of the operations there are
    std::set<std::string_view> problems_; // codes that some operation says as a problem
};

std::string escape_json(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out.substr(1, out.size() - 2); // the quotes are the template's
}

} // namespace

std::string_view name_of(http_method method) {
    switch (method) {
    case http_method::get:
        return "get";
    case http_method::post:
        return "post";
    case http_method::put:
        return "put";
    case http_method::patch:
        return "patch";
    case http_method::delete_:
        return "delete";
    default:
        throw std::logic_error("the route table has a method that the OpenAPI document does not describe");
    }
}

std::string_view text_of(sign_up_mode mode) {
    switch (mode) {
    case sign_up_mode::open:
        return {};
    case sign_up_mode::confirm:
        return "Accounts are made by mail here: a sign-up sends the address alone, and the link that is mailed takes "
               "the "
               "password.";
    case sign_up_mode::approve:
        return "An operator allows each new account here before it can be used.";
    case sign_up_mode::invite:
        return "This server takes no sign-ups: an operator invites to accounts.";
    case sign_up_mode::closed:
        break;
    }
    return "This server takes no sign-ups: an operator makes the accounts.";
}

std::string fill_template(std::string_view text, const server_texts& server, template_kind kind) {
    const auto escape = kind == template_kind::json ? escape_json : escape_html;
    const std::array<std::pair<std::string_view, std::string>, 3> places{{{"@ISSUER@", escape(server.issuer)},
                                                                          {"@VERSION@", escape(server.version)},
                                                                          {"@SIGN_UP@", escape(server.sign_up)}}};
    std::string out;
    out.reserve(text.size() + 256);
    while (!text.empty()) {
        const std::size_t at = std::min(text.find('@'), text.size());
        out += text.substr(0, at);
        text.remove_prefix(at);
        const std::pair<std::string_view, std::string>* place = nullptr;
        for (const auto& candidate : places) {
            if (text.starts_with(candidate.first)) {
                place = &candidate;
            }
        }
        if (place != nullptr) {
            out += place->second;
            text.remove_prefix(place->first.size());
        } else if (!text.empty()) { // an @ of the text's own
            out.push_back(text.front());
            text.remove_prefix(1);
        }
    }
    return out;
}

std::string openapi_template(std::span<const route> rows) {
    const asset* const embedded = find_asset("openapi/contract.json");
    BOOST_ASSERT(embedded != nullptr);
    const auto memory = json::make_shared_resource<json::monotonic_resource>(); // given back as a whole
    const json::value contract = json::parse(unpacked(*embedded), memory);
    assembly made(contract.as_object(), memory);
    for (const route& row : rows) {
        made.add(row);
    }
    return std::move(made).take();
}

} // namespace pawl::app
