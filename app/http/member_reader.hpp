// Takes the members of an object by name and remembers what is wrong with them, so that one answer names it all. One
// reader for bodies, forms and queries (parameters), and for nested JSON (json_tree.hpp): of operators, developers,
// seeds and imports. Its sentences stand here alone.
#pragma once

#include "app/http/parameters.hpp"
#include "core/clock.hpp"
#include "core/failure.hpp"
#include "core/ids.hpp"
#include "core/secret.hpp"

#include <boost/container/small_vector.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

// As many faults are told of one body; those after them are not.
inline constexpr std::size_t member_faults_max = 64;
// Elements of a list of texts, where the caller has no bound of its own: more than a body has room for.
inline constexpr std::size_t member_texts_max = 16U * 1024;

// `null` is as good as absent, but where a change asks which it is: null takes away.
enum class presence : std::uint8_t { absent, null, given };

enum class time_form : std::uint8_t {
    text,           // RFC 3339
    text_or_seconds // or seconds since 1970
};

// One thread. What is read, and the names, outlive the reader; a parent outlives the readers within it.
class member_reader {
public:
    explicit member_reader(const parameters& flat) : flat_(&flat) {}
    explicit member_reader(const boost::json::object& tree) : tree_(&tree) {}
    // The object that is the member `name` of `parent`; without it all is absent. Faults are the parent's: "name.x".
    member_reader(member_reader& parent, std::string_view name);
    // The element `index` of the array that is the member `name` of `parent`: "name[0].x".
    member_reader(member_reader& parent, std::string_view name, std::size_t index);
    member_reader(const member_reader&) = delete;
    member_reader& operator=(const member_reader&) = delete;
    ~member_reader() = default;

    // Whether there is an object to read from.
    bool has_object() const { return flat_ != nullptr || tree_ != nullptr; }

    presence presence_of(std::string_view name);
    bool given(std::string_view name) { return presence_of(name) == presence::given; }
    // null where absent. Integers outside int64 are `real`.
    parameter_kind kind_of(std::string_view name);
    // Blames `name` where it is not given; whether it is.
    bool is_required(std::string_view name);

    // Each std::nullopt where the member is not given, or is not what it must be and blamed.
    std::optional<secret_string> optional_secret(std::string_view name);
    std::optional<std::string> optional_text(std::string_view name);
    std::optional<bool> optional_flag(std::string_view name);
    std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t low, std::int64_t high);
    // For bounds beyond int64; parameters have no such numbers.
    std::optional<std::uint64_t> optional_count(std::string_view name, std::uint64_t low, std::uint64_t high);
    std::optional<double> optional_fraction(std::string_view name); // 0 to 1
    std::optional<timestamp_ms> optional_time(std::string_view name, time_form form = time_form::text);
    std::optional<family_id> optional_id(std::string_view name); // 32 lower-case hex digits
    // The place in `words` of the text.
    std::optional<std::size_t> optional_word(std::string_view name, std::span<const std::string_view> words);
    std::optional<std::vector<std::string>> optional_texts(std::string_view name,
                                                           std::size_t count_max = member_texts_max);
    // How many elements an array has; of a tree only. 0 where it is not given, or blamed.
    std::size_t count_elements(std::string_view name, std::size_t count_max);
    // As it is, for what has names of its own; of a tree only. Null if it is not given, or blamed.
    const boost::json::object* optional_object(std::string_view name);

    // The same, blamed where not given; then empty.
    secret_string required_secret(std::string_view name);
    std::string required_text(std::string_view name);

    void blame(std::string_view name, std::string message);
    // Blames the members that were not asked for. At the end.
    void refuse_others();
    std::string path_of(std::string_view name) const { return path_ + std::string(name); }

    // Of all that is read together: the outermost reader's, and those within it.
    bool failed() const { return !faults().empty(); }
    const std::vector<field_error>& faults() const { return parent_ == nullptr ? faults_ : parent_->faults(); }
    failure why() const { return failure(errc::validation_failed, faults()); }

private:
    struct found_member {
        presence is = presence::absent;
        parameter_kind kind = parameter_kind::null;
        const parameter* flat = nullptr; // one of these two, where given
        const boost::json::value* tree = nullptr;
        std::string_view text() const; // of a string
    };
    found_member find(std::string_view name);

    const parameters* flat_ = nullptr;
    const boost::json::object* tree_ = nullptr;
    member_reader* parent_ = nullptr;
    std::string path_; // of the object, with what parts it from a name: "users[0]."
    std::vector<field_error> faults_;
    boost::container::small_vector<std::string_view, 24> asked_; // of a tree
};

} // namespace pawl::app
