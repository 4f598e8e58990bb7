// A TOML file of settings to begin with: every option that a file may say, with what it means and its default.
#pragma once

#include "app/config/options.hpp"

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pawl::app {

// Values of one option, as options are written.
using given_value = std::pair<option_id, std::vector<std::string>>;

// The document: `head` as comments at its top, then each option of the table that a file may say. Those of `given` are
// in force; the others are comments that name the default. Pure.
std::string settings_file_text(std::string_view head, std::span<const given_value> given);

// One value, or several of a repeatable option, as TOML writes them.
std::string toml_value(const option_row& row, const std::vector<std::string>& texts);

} // namespace pawl::app
