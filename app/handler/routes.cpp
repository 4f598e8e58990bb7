// The table of all routes: the rows of the files of handlers, one list after the other.
#include "app/handler/rows.hpp"

#include <cstddef>
#include <vector>

namespace pawl::app {

namespace {

// /dev/* comes last, so that the table without it is a prefix.
struct route_table {
    std::vector<route> rows;
    std::size_t without_dev = 0;

    route_table() {
        for (const row_list* list : served_always) {
            rows.insert(rows.end(), list->begin(), list->end());
        }
        without_dev = rows.size();
        for (const row_list* list : served_under_dev) {
            rows.insert(rows.end(), list->begin(), list->end());
        }
    }
};

} // namespace

std::span<const route> all_routes(bool development) {
    static const route_table table;
    const std::span<const route> all(table.rows);
    return development ? all : all.first(table.without_dev);
}

} // namespace pawl::app
