// From raw values to typed ones: the bounds of the table. Between sources.hpp and config.hpp; only these two need it.
#pragma once

#include "app/config/sources.hpp"
#include "app/config/values.hpp"
#include "core/password/password.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

// Every option's value as text and where it came from; derived defaults are still absent. Values passed the row's rule.
class option_values {
public:
    // Takes, for each option, the first source that has it, else the table's default.
    // Returns why not where a text breaks its row's rule.
    option_error take(std::span<const raw_options* const> sources_by_rank);

    bool given(option_id id) const; // by a source, not by default
    bool has(option_id id) const { return at(id).has_value(); }
    // A default that was derived from other values.
    void derive(option_id id, std::string text) { slot(id) = raw_value{{std::move(text)}, "default"}; }
    void derive(option_id id, std::vector<std::string> texts) { slot(id) = raw_value{std::move(texts), "default"}; }
    void replace_source(option_id id, std::string source) { slot(id)->source = std::move(source); }

    const std::vector<std::string>& texts(option_id id) const { return at(id)->texts; }
    const std::string& text(option_id id) const { return texts(id).front(); }
    const std::string& source(option_id id) const { return at(id)->source; }
    std::int64_t number(option_id id) const; // count, size
    seconds duration(option_id id) const;
    bool flag(option_id id) const;

    // An error line about this option's value.
    std::string complain(option_id id, std::string_view rule) const;

private:
    const std::optional<raw_value>& at(option_id id) const { return values_[id]; }
    std::optional<raw_value>& slot(option_id id) { return values_[id]; }
    raw_options values_;
};

// "--name", or the environment's name of what is not taken on the command line.
std::string shown_name(const option_row& row);

} // namespace pawl::app
