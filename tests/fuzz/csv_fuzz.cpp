// CSV: rows within their bounds, and what is read survives being written and read again.
#include "tools/import/csv.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using pawl::tools::csv_reader;
using rows = std::vector<std::vector<std::string>>;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool read(std::string_view text, rows& out) {
    csv_reader reader;
    for (const char c : text) {
        const csv_reader::step s = reader.put(c);
        if (s == csv_reader::step::failed) {
            require(!reader.why().empty() && reader.put('x') == csv_reader::step::failed);
            return false;
        }
        if (s == csv_reader::step::row) {
            out.push_back(reader.row());
        }
    }
    const csv_reader::step s = reader.finish();
    if (s == csv_reader::step::row) {
        out.push_back(reader.row());
    }
    return s != csv_reader::step::failed;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    rows first;
    const bool whole = read({reinterpret_cast<const char*>(data), size}, first);
    std::string text;
    for (const auto& row : first) {
        require(!row.empty() && row.size() <= pawl::tools::csv_columns_max);
        std::size_t bytes = 0;
        for (const std::string& field : row) {
            bytes += field.size();
            text += &field == row.data() ? "\"" : ",\"";
            for (const char c : field) {
                text += c == '"' ? "\"\"" : std::string(1, c);
            }
            text += '"';
        }
        require(bytes <= pawl::tools::csv_row_size_max);
        text += "\r\n";
    }
    rows second;
    require(!whole || (read(text, second) && second == first));
    return 0;
}
