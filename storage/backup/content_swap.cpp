#include "storage/backup/content_swap.hpp"

#include "storage/log/crc32c.hpp"
#include "storage/record/bytes.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace pawl::storage {
namespace {

constexpr std::string_view aside_prefix = "replaced-";
constexpr std::string_view first_line = "pawl-swap 1 ";
constexpr std::size_t crc_line_size = std::string_view("crc32c 00000000\n").size();
constexpr std::size_t name_size_max = 255; // NAME_MAX
constexpr char digits[] = "0123456789abcdef";

bool is_plain(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == '+';
}

// A name on a line: any byte but letters, digits and ". _ - +" as %xx.
std::string escaped(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (is_plain(c)) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += digits[byte >> 4U];
            out += digits[byte & 0xFU];
        }
    }
    return out;
}

// std::nullopt for what escaped() does not give, and for what is no name of an entry that a swap may move.
std::optional<std::string> name_of(std::string_view text) {
    const std::string_view hex(digits, 16);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const std::size_t high = i + 1 < text.size() ? hex.find(text[i + 1]) : std::string_view::npos;
        const std::size_t low = i + 2 < text.size() ? hex.find(text[i + 2]) : std::string_view::npos;
        if (high == std::string_view::npos || low == std::string_view::npos) {
            return std::nullopt;
        }
        out += static_cast<char>(high << 4U | low);
        i += 2;
    }
    const bool is_entry = !out.empty() && out.size() <= name_size_max && out != "." && out != ".." &&
                          out.find('/') == std::string::npos && out.find('\0') == std::string::npos;
    return is_entry && !stays_in_swap(out, {}) && escaped(out) == text ? std::optional(out) : std::nullopt;
}

std::string crc_line(std::string_view text) {
    char line[32];
    const bytes_view bytes{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    std::snprintf(line, sizeof line, "crc32c %08x\n", crc32c(bytes));
    return line;
}

// Takes the line off the front of `text`, without its end.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
    const bool has = text.starts_with(prefix);
    text.remove_prefix(has ? prefix.size() : 0);
    return has;
}

// The names of the lines that begin with `word`; false if one of them is no name, or stands twice.
bool take_names(std::string_view& text, std::string_view word, std::vector<std::string>& out) {
    std::set<std::string> seen;
    while (text.starts_with(word)) {
        std::string_view line = take_line(text);
        line.remove_prefix(word.size());
        std::optional<std::string> name = name_of(line);
        if (!name || !seen.insert(*name).second || out.size() == swap_names_max) {
            return false;
        }
        out.push_back(std::move(*name));
    }
    return true;
}

swap_plan impossible(std::string why) {
    return {swap_end::impossible, {}, std::move(why)};
}

// What is left to be done of a swap whose journal is durable. Adds the steps to `plan`.
class remaining {
public:
    remaining(const swap_sight& sight, swap_plan& plan)
        : journal_(*sight.journal), sight_(sight), incoming_(sight.incoming.value_or(std::set<std::string>{})),
          aside_(sight.aside.value_or(std::set<std::string>{})), out_(journal_.out.begin(), journal_.out.end()),
          in_(journal_.in.begin(), journal_.in.end()), plan_(plan) {}

    void go_out() {
        for (const std::string& name : journal_.in) {
            const bool goes_out = out_.contains(name);
            if (!incoming_.contains(name)) {
                refuse(name, "is to come in and is gone");
            } else if (sight_.here.contains(name) && !goes_out) {
                refuse(name, "stands in the way of what is to come in");
            }
        }
        if (!journal_.out.empty() && !sight_.aside) {
            add(swap_act::make_aside);
            add(swap_act::sync_here);
        }
        for (const std::string& name : journal_.out) {
            if (!sight_.here.contains(name)) {
                continue; // out already
            }
            if (aside_.contains(name)) {
                refuse(name, "is there and in " + journal_.aside + ", too");
            }
            add(swap_act::move_out, name);
        }
        if (!journal_.out.empty()) {
            add(swap_act::sync_aside);
            add(swap_act::sync_here);
        }
        add(swap_act::begin_in);
    }

    void come_in() {
        for (const std::string& name : journal_.in) {
            // All that goes out is out by then: what is here and not incoming has come in.
            const bool is_here = journal_.phase == swap_phase::in && sight_.here.contains(name);
            const bool is_incoming = incoming_.contains(name);
            if (is_here && is_incoming) {
                refuse(name, "stands in the way of what is to come in");
            } else if (is_incoming) {
                add(swap_act::move_in, name);
            } else if (!is_here) {
                refuse(name, "is to come in and is gone");
            }
        }
        add(swap_act::sync_here);
        if (sight_.incoming) {
            add(swap_act::sync_incoming);
            for (const std::string& name : incoming_) {
                if (!in_.contains(name)) {
                    add(swap_act::remove_of_incoming, name);
                }
            }
            add(swap_act::remove_incoming);
        }
        if (sight_.here.contains(swap_journal_temporary) && journal_.phase == swap_phase::in) {
            add(swap_act::remove_temporary); // begin_in writes it anew and renames it
        }
        add(swap_act::remove_journal);
        add(swap_act::sync_here);
    }

    const std::string& why() const noexcept { return why_; }

private:
    void add(swap_act act, std::string name = {}) { plan_.steps.push_back({act, std::move(name)}); }
    void refuse(const std::string& name, const std::string& what) {
        if (why_.empty()) {
            why_ = name + " " + what;
        }
    }

    const swap_journal& journal_;
    const swap_sight& sight_;
    const std::set<std::string> incoming_, aside_, out_, in_;
    swap_plan& plan_;
    std::string why_;
};

// Nothing was moved yet: what was made goes.
swap_plan take_back(const swap_sight& sight) {
    swap_plan plan;
    if (sight.incoming) {
        for (const std::string& name : *sight.incoming) {
            plan.steps.push_back({swap_act::remove_of_incoming, name});
        }
        plan.steps.push_back({swap_act::remove_incoming});
    }
    if (sight.here.contains(swap_journal_temporary)) {
        plan.steps.push_back({swap_act::remove_temporary});
    }
    if (!plan.steps.empty()) {
        plan.end = swap_end::taken_back;
        plan.steps.push_back({swap_act::sync_here});
    }
    return plan;
}

} // namespace

std::string swap_aside_name(unsigned number) {
    return std::string(aside_prefix) + std::to_string(number);
}

std::optional<unsigned> parse_swap_aside_name(std::string_view name) noexcept {
    if (!take_prefix(name, aside_prefix) || name.empty() || name.front() == '0') {
        return std::nullopt;
    }
    unsigned number = 0;
    const auto [end, ec] = std::from_chars(name.data(), name.data() + name.size(), number);
    const bool whole = ec == std::errc() && end == name.data() + name.size() && number <= swap_asides_max;
    return whole ? std::optional(number) : std::nullopt;
}

std::string encode_swap_journal(const swap_journal& journal) {
    std::string text(first_line);
    text += journal.phase == swap_phase::out ? "out\n" : "in\n";
    text += "aside " + journal.aside + "\n";
    for (const std::string& name : journal.out) {
        text += "out " + escaped(name) + "\n";
    }
    for (const std::string& name : journal.in) {
        text += "in " + escaped(name) + "\n";
    }
    return text + crc_line(text);
}

std::optional<swap_journal> decode_swap_journal(std::string_view text) {
    if (text.size() < crc_line_size || text.size() > swap_journal_size_max) {
        return std::nullopt;
    }
    const std::string_view last = text.substr(text.size() - crc_line_size);
    text.remove_suffix(crc_line_size);
    if (last != crc_line(text) || !take_prefix(text, first_line)) {
        return std::nullopt;
    }
    swap_journal out;
    const std::string_view phase = take_line(text);
    out.phase = phase == "in" ? swap_phase::in : swap_phase::out;
    std::string_view aside = take_line(text);
    if ((phase != "in" && phase != "out") || !take_prefix(aside, "aside ")) {
        return std::nullopt;
    }
    out.aside = aside;
    if (!take_names(text, "out ", out.out) || !take_names(text, "in ", out.in) || !text.empty()) {
        return std::nullopt;
    }
    const bool aside_fits = out.aside.empty() ? out.out.empty() : parse_swap_aside_name(out.aside).has_value();
    return aside_fits ? std::optional(std::move(out)) : std::nullopt;
}

swap_plan plan_swap(const swap_sight& sight) {
    if (!sight.has_journal) {
        return take_back(sight);
    }
    if (!sight.journal) {
        return impossible("it is damaged, or of a newer version");
    }
    swap_plan plan;
    plan.end = swap_end::finished;
    remaining left(sight, plan);
    if (sight.journal->phase == swap_phase::out) {
        left.go_out();
    }
    left.come_in();
    return left.why().empty() ? plan : impossible(left.why());
}

bool stays_in_swap(std::string_view name, const kept_entries& of) noexcept {
    return name == "LOCK" || name == swap_journal_name || name == swap_journal_temporary ||
           name == swap_incoming_name || parse_swap_aside_name(name) || (of.is_mount_root && name == "lost+found");
}

place_way way_to_place(const place_facts& facts) noexcept {
    const bool can_be_renamed = !facts.is_mount_point && facts.parent_is_writable && !facts.name_is_held;
    return !facts.exists || can_be_renamed ? place_way::beside : place_way::within;
}

} // namespace pawl::storage
