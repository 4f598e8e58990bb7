#include "app/openapi/error_responses.hpp"

#include "app/http/errors.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace pawl::app {

namespace {

namespace json = boost::json;

// What a client would be sent.
http_response answer_of(cause why, error_style style) {
    const bool oauth = style == error_style::oauth;
    if (why.of_the_request()) {
        return oauth ? oauth_response(why.problem()) : problem_response(why.problem());
    }
    failure refused(why.code());
    if (refused.code == errc::validation_failed && !oauth) {
        refused.fields.push_back({"email", "is required"});
    }
    return oauth ? oauth_response(refused) : problem_response(refused);
}

// The member of refusals.json for those who ask; null if all is as for anyone.
const json::object* words_for(audience who, const json::object& words) {
    switch (who) {
    case audience::superuser:
        return &words.at("superuser").as_object();
    case audience::developer:
        return &words.at("developer").as_object();
    default:
        return nullptr;
    }
}

json::object reference_to(std::string_view kind, std::string_view name) {
    return {{"$ref", std::string("#/components/").append(kind).append("/").append(name)}};
}

// The causes of one status.
struct response_parts {
    std::vector<std::string> words; // codes, or the errors of RFC 6749; each once
    json::object examples, headers;
    std::string_view content_type;
};

void add(response_parts& parts, const refusal& refused, error_style style) {
    const http_response answer = answer_of(refused.why, style);
    const std::string_view code = row_of(refused.why).code;
    for (const auto& [name, value] : answer.headers) {
        if (name == "Retry-After" || (name == "WWW-Authenticate" && style != error_style::page)) {
            parts.headers[name] = reference_to("headers", name);
        }
    }
    if (style == error_style::page) {
        parts.words.push_back(std::string(code));
        parts.content_type = "text/html";
        return;
    }
    const json::value body = json::parse(answer.body);
    const std::string word(style == error_style::oauth ? std::string_view(body.at("error").as_string()) : code);
    if (std::ranges::find(parts.words, word) == parts.words.end()) {
        parts.words.push_back(word);
    }
    if (refused.has_example) {
        parts.examples[code] = json::object{{"value", body}};
    }
    parts.content_type = answer.content_type;
}

// "Not found: `user_not_found`." A phrase that is a sentence already stands as it is.
std::string description_of(std::string_view phrase, const std::vector<std::string>& words) {
    std::string text(phrase);
    if (text.ends_with('.')) {
        return text;
    }
    for (const std::string& word : words) {
        text += (&word == &words.front() ? ": `" : ", `") + word + "`";
    }
    return text + ".";
}

std::string_view phrase_of(unsigned status, const route& row, const refusal_words& words) {
    const std::string name = std::to_string(status);
    for (const json::object* special : {words.own, words_for(row.who, words.words)}) {
        const json::value* phrase = special != nullptr ? special->if_contains(name) : nullptr;
        if (phrase != nullptr) {
            return phrase->as_string();
        }
    }
    if (row.refusals.style() != error_style::problem) {
        return words.words.at(row.refusals.style() == error_style::oauth ? "oauth" : "page").as_string();
    }
    return words.words.at("anyone").at(name).as_string();
}

json::object response_of(std::string description, response_parts parts, error_style style) {
    json::object content{
        {"schema", style == error_style::page
                       ? json::object{{"type", "string"}}
                       : reference_to("schemas", style == error_style::oauth ? "OAuthError" : "Problem")}};
    if (!parts.examples.empty()) {
        content["examples"] = std::move(parts.examples);
    }
    json::object response{{"description", std::move(description)}};
    if (!parts.headers.empty()) {
        response["headers"] = std::move(parts.headers);
    }
    response["content"] = json::object{{parts.content_type, std::move(content)}};
    return response;
}

} // namespace

void add_error_responses(json::object& responses, const route& row, const refusal_words& words) {
    const error_style style = row.refusals.style();
    std::map<unsigned, response_parts> by_status;
    for (const refusal& refused : all_refusals(row)) {
        add(by_status[answer_of(refused.why, style).status], refused, style);
    }
    for (auto& [status, parts] : by_status) {
        std::string description = description_of(phrase_of(status, row, words), parts.words);
        responses[std::to_string(status)] = response_of(std::move(description), std::move(parts), style);
    }
    responses["default"] = reference_to("responses", "Problem");
}

} // namespace pawl::app
