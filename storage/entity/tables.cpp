#include "storage/entity/tables.hpp"

#include "storage/entity/all.hpp"

namespace pawl::storage {

namespace {

std::string quoted(std::string_view name) {
    return "`" + std::string(name) + "`";
}

template <class Field>
std::string field_text(const Field& f) {
    std::string out = quoted(f.name) + " " + f.text;
    if constexpr (requires { f.bits; }) {
        unsigned value = 1;
        for (const std::string_view bit : f.bits) {
            out += (value == 1 ? ": " : ", ") + std::to_string(value) + " " + quoted(bit);
            value *= 2;
        }
    }
    if constexpr (std::same_as<Field, reserved>) {
        out += ", empty yet";
    }
    return out;
}

template <described Record>
std::string body_text() {
    std::string out;
    std::uint16_t version = 1;
    const auto one = [&](const auto& f) {
        if (f.since > version) {
            version = f.since;
            out += "; and from version " + std::to_string(version) + " on " + field_text(f);
        } else {
            out += (out.empty() ? "" : "; ") + field_text(f);
        }
    };
    std::apply([&](const auto&... f) { (one(f), ...); }, declaration<Record>::fields);
    return out;
}

const char* name_of(record_kind kind) {
    switch (kind) {
    case record_kind::state:
        return "state";
    case record_kind::change:
        return "change";
    case record_kind::evidence:
        return "evidence";
    case record_kind::work:
        return "work";
    case record_kind::service:
        return "service";
    }
    return "";
}

template <described Record>
std::string exported_table() {
    std::string out = "| member | | where absent in an import |\n|---|---|---|\n";
    const auto row = [&out](std::string_view member, std::string_view says, std::string_view absent) {
        out += "| " + quoted(member) + " | " + std::string(says) + (says.empty() ? "| " : " | ") + std::string(absent) +
               (absent.empty() ? "|\n" : " |\n");
    };
    if constexpr (requires { declaration<Record>::exported; }) {
        for (const told<Record>& m : declaration<Record>::exported) {
            row(m.member, m.says, m.absent);
        }
    } else {
        const auto one = [&](std::string_view name, exposure) { row(name, {}, {}); };
        std::apply([&](const auto&... f) { (f.each_name(one), ...); }, declaration<Record>::fields);
    }
    return out;
}

} // namespace

std::string record_table() {
    std::string out = "| record | type | kind | version | body |\n|---|---|---|---|---|\n";
    for_each_record([&]<class Record>(as<Record>) {
        using says = declaration<Record>;
        const bool critical = (type_of<Record> & critical_record_bit) != 0;
        out += "| " + quoted(says::name) + " | " +
               std::to_string(type_of<Record> & ~static_cast<unsigned>(critical_record_bit)) +
               (critical ? ", critical" : "") + " | " + name_of(says::kind) + " | " + std::to_string(says::version) +
               " | " + body_text<Record>() + " |\n";
    });
    out += "| `use`, in others | | | | " + body_text<use_view>() + " |\n";
    out += "| `factor`, in others | | | | " + body_text<user_factor>() + " |\n";
    out += "| `former`, in others | | | | " + body_text<former_address>() + " |\n";
    out += "| `client_secret`, in others | | | | " + body_text<client_secret_entry>() + " |\n";
    return out;
}

std::vector<std::string> exported_tables() {
    std::vector<std::string> out;
    for_each_record_of<record_kind::state>([&]<class Record>(as<Record>) { out.push_back(exported_table<Record>()); });
    return out;
}

} // namespace pawl::storage
