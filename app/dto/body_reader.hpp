// Takes members out of a body and remembers what is wrong with them, so that one answer names it all.
#pragma once

#include "app/http/parameters.hpp"
#include "core/failure.hpp"
#include "core/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::app {

class body_reader {
public:
    explicit body_reader(const parameters& body) : body_(body) {}

    // Null where absent or `null`.
    const parameter* given(std::string_view name) const {
        const parameter* p = body_.find(name);
        return p == nullptr || p->kind == parameter_kind::null ? nullptr : p;
    }
    void blame(std::string_view name, std::string message) {
        errors_.push_back(field_error{std::string(name), std::move(message)});
    }
    std::optional<secret_string> optional_secret(std::string_view name) {
        const parameter* p = given(name);
        if (p == nullptr) {
            return std::nullopt;
        }
        if (p->kind != parameter_kind::string) {
            blame(name, "must be a string, not " + std::string(to_text(p->kind)));
            return std::nullopt;
        }
        return p->text;
    }
    secret_string required_secret(std::string_view name) {
        if (given(name) == nullptr) {
            blame(name, "is required");
            return {};
        }
        return optional_secret(name).value_or(secret_string{});
    }
    std::optional<std::string> optional_text(std::string_view name) {
        const auto secret = optional_secret(name);
        return secret ? std::optional(std::string(secret->reveal())) : std::nullopt;
    }
    std::string required_text(std::string_view name) { return std::string(required_secret(name).reveal()); }

    std::optional<bool> optional_flag(std::string_view name) {
        const parameter* p = given(name);
        if (p == nullptr) {
            return std::nullopt;
        }
        if (p->kind != parameter_kind::boolean) {
            blame(name, "must be true or false, not " + std::string(to_text(p->kind)));
            return std::nullopt;
        }
        return p->truth;
    }
    std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t low, std::int64_t high) {
        const parameter* p = given(name);
        if (p == nullptr) {
            return std::nullopt;
        }
        if (p->kind != parameter_kind::integer || p->integer < low || p->integer > high) {
            blame(name, "must be an integer from " + std::to_string(low) + " to " + std::to_string(high));
            return std::nullopt;
        }
        return p->integer;
    }
    std::optional<std::vector<std::string>> optional_texts(std::string_view name) {
        const parameter* p = given(name);
        if (p == nullptr) {
            return std::nullopt;
        }
        if (p->kind != parameter_kind::array || !p->only_texts) {
            blame(name, "must be an array of strings");
            return std::nullopt;
        }
        return p->texts;
    }

    bool failed() const { return !errors_.empty(); }
    failure why() { return failure(errc::validation_failed, std::move(errors_)); }

private:
    const parameters& body_;
    std::vector<field_error> errors_;
};

} // namespace pawl::app
