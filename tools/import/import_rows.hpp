// What is imported, row by row: the lines of an export, or a foreign table.
#pragma once

#include "app/transfer/import_line.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace pawl::tools {

inline constexpr std::size_t foreign_json_size_max = std::size_t{256} << 20U; // such a file is read whole

struct import_row {
    std::uint64_t number = 0; // line, or object of a JSON array, from 1
    std::string why;          // not empty: it is refused for this
    std::string line;         // as the export format has it
    std::variant<user, storage::family_image, client, api, scope, revoked_token, consent, factor_state> record;
};

class import_rows {
public:
    virtual ~import_rows() = default;
    import_rows() = default;
    import_rows(const import_rows&) = delete;
    import_rows& operator=(const import_rows&) = delete;

    // Of an export: its first line, which says which ids its store gave.
    struct head_line {
        std::string line;
        std::uint64_t next_user_id = 1;
    };
    virtual std::optional<head_line> head() const { return std::nullopt; }
    // False at the end. Throws tool_error: 1 where the file as a whole is not what it should be (cut short, no CSV).
    virtual bool next(import_row& out) = 0;
    // How many hashes of which unknown kind were refused.
    virtual std::map<std::string, std::uint64_t> unknown_hashes() const { return {}; }
};

struct import_source {
    std::string file, format, preset, map; // as on the command line
};
// Throws tool_error (2) where the options contradict.
std::unique_ptr<import_rows> open_import_rows(const import_source& source);

} // namespace pawl::tools
