#include "app/http/member_reader.hpp"

#include "core/text/rfc3339.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

namespace pawl::app {

namespace json = boost::json;

namespace {

constexpr std::int64_t time_max = 253'402'300'799; // the last second of the year 9999

constexpr std::string_view must_be_object = "must be an object";

template <class Number>
std::string must_be_integer(Number low, Number high) {
    return "must be an integer from " + std::to_string(low) + " to " + std::to_string(high);
}

std::string must_be_list(std::size_t count_max, const std::string& elements) {
    const std::string bound = count_max == member_texts_max ? "" : "at most " + std::to_string(count_max) + " ";
    return "must be an array of " + bound + elements;
}

std::string must_be_one_of(std::span<const std::string_view> words) {
    std::string all = "must be one of ";
    for (const std::string_view word : words) {
        all.append(word.data() == words.front().data() ? "" : ", ").append(word);
    }
    return all;
}

parameter_kind kind_of_value(const json::value& v) {
    switch (v.kind()) {
    case json::kind::null:
        return parameter_kind::null;
    case json::kind::bool_:
        return parameter_kind::boolean;
    case json::kind::int64:
        return parameter_kind::integer;
    case json::kind::uint64: // the parser's choice where int64 has no room
    case json::kind::double_:
        return parameter_kind::real;
    case json::kind::string:
        return parameter_kind::string;
    case json::kind::array:
        return parameter_kind::array;
    case json::kind::object:
        return parameter_kind::object;
    }
    return parameter_kind::null;
}

} // namespace

member_reader::member_reader(member_reader& parent, std::string_view name)
    : tree_(parent.optional_object(name)), parent_(&parent), path_(parent.path_of(name) + ".") {}

member_reader::member_reader(member_reader& parent, std::string_view name, std::size_t index) : parent_(&parent) {
    const std::string element = std::string(name) + "[" + std::to_string(index) + "]";
    path_ = parent.path_of(element) + ".";
    const found_member m = parent.find(name);
    const json::array* const list = m.tree == nullptr ? nullptr : m.tree->if_array();
    tree_ = list == nullptr || index >= list->size() ? nullptr : (*list)[index].if_object();
    if (tree_ == nullptr) {
        parent.blame(element, std::string(must_be_object));
    }
}

std::string_view member_reader::found_member::text() const {
    return flat != nullptr ? flat->text.reveal() : std::string_view(tree->get_string());
}

member_reader::found_member member_reader::find(std::string_view name) {
    found_member m;
    if (flat_ != nullptr) {
        m.flat = flat_->find(name);
        m.kind = m.flat == nullptr ? parameter_kind::null : m.flat->kind;
    } else if (tree_ != nullptr) {
        if (asked_.empty() || asked_.back() != name) { // elements of one list ask for it again and again
            asked_.push_back(name);
        }
        m.tree = tree_->if_contains({name.data(), name.size()});
        m.kind = m.tree == nullptr ? parameter_kind::null : kind_of_value(*m.tree);
    }
    const bool is_there = m.flat != nullptr || m.tree != nullptr;
    m.is = !is_there ? presence::absent : m.kind == parameter_kind::null ? presence::null : presence::given;
    return m;
}

presence member_reader::presence_of(std::string_view name) {
    return find(name).is;
}

parameter_kind member_reader::kind_of(std::string_view name) {
    return find(name).kind;
}

bool member_reader::is_required(std::string_view name) {
    const bool is_there = given(name);
    if (!is_there) {
        blame(name, "is required");
    }
    return is_there;
}

std::optional<secret_string> member_reader::optional_secret(std::string_view name) {
    const found_member m = find(name);
    if (m.is != presence::given) {
        return std::nullopt;
    }
    if (m.kind != parameter_kind::string) {
        blame(name, "must be a string, not " + std::string(to_text(m.kind)));
        return std::nullopt;
    }
    return secret_string(m.text());
}

std::optional<std::string> member_reader::optional_text(std::string_view name) {
    const auto text = optional_secret(name);
    return text ? std::optional(std::string(text->reveal())) : std::nullopt;
}

secret_string member_reader::required_secret(std::string_view name) {
    if (std::optional<secret_string> text = optional_secret(name)) {
        return *std::move(text);
    }
    is_required(name); // unless it is there, and blamed for what it is
    return {};
}

std::string member_reader::required_text(std::string_view name) {
    return std::string(required_secret(name).reveal());
}

std::optional<bool> member_reader::optional_flag(std::string_view name) {
    const found_member m = find(name);
    if (m.is != presence::given) {
        return std::nullopt;
    }
    if (m.kind != parameter_kind::boolean) {
        blame(name, "must be true or false, not " + std::string(to_text(m.kind)));
        return std::nullopt;
    }
    return m.flat != nullptr ? m.flat->truth : m.tree->get_bool();
}

std::optional<std::int64_t> member_reader::optional_integer(std::string_view name, std::int64_t low,
                                                            std::int64_t high) {
    const found_member m = find(name);
    if (m.is != presence::given) {
        return std::nullopt;
    }
    if (m.kind == parameter_kind::integer) {
        const std::int64_t n = m.flat != nullptr ? m.flat->integer : m.tree->get_int64();
        if (n >= low && n <= high) {
            return n;
        }
    }
    blame(name, must_be_integer(low, high));
    return std::nullopt;
}

std::optional<std::uint64_t> member_reader::optional_count(std::string_view name, std::uint64_t low,
                                                           std::uint64_t high) {
    const found_member m = find(name);
    if (m.is != presence::given) {
        return std::nullopt;
    }
    std::optional<std::uint64_t> n;
    if (m.kind == parameter_kind::integer) {
        const std::int64_t typed = m.flat != nullptr ? m.flat->integer : m.tree->get_int64();
        n = typed < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(typed));
    } else if (m.tree != nullptr && m.tree->is_uint64()) {
        n = m.tree->get_uint64();
    }
    if (!n || *n < low || *n > high) {
        blame(name, must_be_integer(low, high));
        return std::nullopt;
    }
    return n;
}

std::optional<double> member_reader::optional_fraction(std::string_view name) {
    const found_member m = find(name);
    if (m.is != presence::given) {
        return std::nullopt;
    }
    boost::system::error_code ec;
    const double number = m.tree != nullptr && m.tree->is_number() ? m.tree->to_number<double>(ec) : -1;
    if (ec || !(number >= 0 && number <= 1)) {
        blame(name, "must be a number from 0 to 1");
        return std::nullopt;
    }
    return number;
}

std::optional<timestamp_ms> member_reader::optional_time(std::string_view name, time_form form) {
    const found_member m = find(name);
    if (m.is != presence::given) {
        return std::nullopt;
    }
    const bool takes_seconds = form == time_form::text_or_seconds;
    if (takes_seconds && m.kind == parameter_kind::integer) {
        const std::int64_t n = m.flat != nullptr ? m.flat->integer : m.tree->get_int64();
        if (n >= 0 && n <= time_max) {
            return timestamp_ms(seconds(n));
        }
    }
    const auto read = m.kind == parameter_kind::string ? from_rfc3339(m.text()) : std::nullopt;
    if (!read) {
        blame(name, std::string("must be a time like 2026-11-21T23:44:00Z") +
                        (takes_seconds ? ", or seconds since 1970" : ""));
    }
    return read;
}

std::optional<family_id> member_reader::optional_id(std::string_view name) {
    const auto typed = optional_text(name);
    const auto read = typed ? family_id_from_hex(*typed) : std::nullopt;
    if (typed && !read) {
        blame(name, "must be 32 lower-case hex digits");
    }
    return read;
}

std::optional<std::size_t> member_reader::optional_word(std::string_view name,
                                                        std::span<const std::string_view> words) {
    const auto typed = optional_text(name);
    if (!typed) {
        return std::nullopt;
    }
    const auto place = std::ranges::find(words, std::string_view(*typed));
    if (place == words.end()) {
        blame(name, must_be_one_of(words));
        return std::nullopt;
    }
    return static_cast<std::size_t>(place - words.begin());
}

std::optional<std::vector<std::string>> member_reader::optional_texts(std::string_view name, std::size_t count_max) {
    const found_member m = find(name);
    if (m.is != presence::given) {
        return std::nullopt;
    }
    std::vector<std::string> all;
    bool good = m.kind == parameter_kind::array;
    if (good && m.flat != nullptr) {
        good = m.flat->only_texts && m.flat->texts.size() <= count_max;
        all = m.flat->texts;
    } else if (good) {
        const json::array& list = m.tree->get_array();
        good = list.size() <= count_max && std::ranges::all_of(list, &json::value::is_string);
        for (std::size_t i = 0; good && i < list.size(); ++i) {
            all.emplace_back(list[i].get_string());
        }
    }
    if (!good) {
        blame(name, must_be_list(count_max, "strings"));
        return std::nullopt;
    }
    return all;
}

std::size_t member_reader::count_elements(std::string_view name, std::size_t count_max) {
    const found_member m = find(name);
    if (m.is != presence::given) {
        return 0;
    }
    const json::array* const list = m.tree == nullptr ? nullptr : m.tree->if_array();
    if (list == nullptr || list->size() > count_max) {
        blame(name, must_be_list(count_max, "elements"));
        return 0;
    }
    return list->size();
}

const json::object* member_reader::optional_object(std::string_view name) {
    const found_member m = find(name);
    const json::object* const object = m.tree == nullptr ? nullptr : m.tree->if_object();
    if (m.is == presence::given && object == nullptr) {
        blame(name, std::string(must_be_object));
    }
    return object;
}

void member_reader::blame(std::string_view name, std::string message) {
    member_reader* outermost = this;
    while (outermost->parent_ != nullptr) {
        outermost = outermost->parent_;
    }
    if (outermost->faults_.size() < member_faults_max) {
        outermost->faults_.push_back({path_of(name), std::move(message)});
    }
}

void member_reader::refuse_others() {
    if (tree_ == nullptr) {
        return;
    }
    for (const auto& member : *tree_) {
        const std::string_view name(member.key());
        if (std::ranges::find(asked_, name) == asked_.end()) {
            blame(name, "is not known here");
        }
    }
}

} // namespace pawl::app
