// Collects what is wrong with a request, member by member, so that one answer names it all.
#pragma once

#include "core/failure.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pawl {

class validation {
public:
    void refuse(std::string field, std::string message) { errors_.push_back({std::move(field), std::move(message)}); }
    // The value in the form to store, or an empty one where `checked` is nothing.
    std::string accept(std::string field, std::optional<std::string> checked, const std::string& why) {
        if (!checked) {
            refuse(std::move(field), why);
            return {};
        }
        return *std::move(checked);
    }
    bool failed() const { return !errors_.empty(); }
    failure take() { return {errc::validation_failed, std::move(errors_)}; }

private:
    std::vector<field_error> errors_;
};

} // namespace pawl
