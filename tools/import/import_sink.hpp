// Where an import goes: the running server, by POST /admin/import; or a directory that nobody uses, in this process.
#pragma once

#include "tools/import/import_rows.hpp"
#include "tools/program.hpp"

#include <memory>
#include <string>

namespace pawl::tools {

struct import_answer {
    std::string outcome; // app::name_of(import_outcome)
    std::string subject; // "user 7"
    std::string why;     // where it is neither added nor same
};

class import_sink {
public:
    virtual ~import_sink() = default;
    import_sink() = default;
    import_sink(const import_sink&) = delete;
    import_sink& operator=(const import_sink&) = delete;

    // Each throws tool_error and storage::refused where it can't go on.
    // Before the first put(): no id that the export's store gave is given here, once this is back.
    virtual void begin(const import_rows::head_line& head) = 0;
    virtual import_answer put(const import_row& row) = 0;
    // Until all of it is durable.
    virtual void finish() = 0;
    virtual std::string place() const = 0;
};

// --url, or the server that holds the data directory; else the directory itself, which is made, with its keys, as by
// the first start of a server where it is not there.
std::unique_ptr<import_sink> open_import_sink(const global_options& global);

} // namespace pawl::tools
