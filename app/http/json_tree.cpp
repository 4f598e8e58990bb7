#include "app/http/json_tree.hpp"

#include "app/http/json_body.hpp"

#include <boost/json/parser.hpp>

#include <new>
#include <utility>

namespace pawl::app {

namespace json = boost::json;

namespace {

class wiping_memory final : public json::memory_resource {
    void* do_allocate(std::size_t size, std::size_t alignment) override {
        return ::operator new(size, std::align_val_t(alignment));
    }
    void do_deallocate(void* p, std::size_t size, std::size_t alignment) override {
        wipe(p, size);
        ::operator delete(p, std::align_val_t(alignment));
    }
    bool do_is_equal(const json::memory_resource& other) const noexcept override { return this == &other; }
};

json::storage_ptr wiped() {
    static wiping_memory memory; // has no state: any thread
    return &memory;
}

} // namespace

tree_result read_json_tree(std::string_view text, std::size_t size_max) {
    const body_result checked = read_json_object(text, size_max); // what the tree would not notice: members given twice
    if (checked.has_error()) {
        return checked.error();
    }
    json::parse_options options;
    options.max_depth = json_depth_max;
    json::parser parser(wiped(), options);
    parser.reset(wiped());
    boost::system::error_code ec;
    parser.write(text.data(), text.size(), ec);
    if (ec) {
        return body_refusal{request_problem::malformed_json};
    }
    json::value tree = parser.release();
    if (!tree.is_object()) {
        return body_refusal{request_problem::malformed_json};
    }
    return std::move(tree.as_object());
}

std::string sentence_of(const body_refusal& refusal) {
    return refusal.detail.empty() ? std::string(row_of(refusal.problem).detail) : refusal.detail;
}

} // namespace pawl::app
