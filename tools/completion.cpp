#include "tools/completion.hpp"

#include "tools/definitions.hpp"

namespace pawl::tools {

namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) {
        out += (out.empty() ? "" : " ") + word;
    }
    return out;
}

// Entries of the script's tables for one command and all below. Names are of the parser: letters, digits and '-'.
struct tables {
    std::string commands, options, values, arguments;

    void add(const command_definition& command) {
        // bash takes no empty key, so all begin with the program's name.
        const std::string path = "pawlctl" + (command.path.empty() ? "" : " " + command.path);
        const std::string key = "        [\"" + path + "\"]=";
        std::vector<std::string> inner, names;
        for (const command_definition& c : command.commands) {
            inner.push_back(c.name);
        }
        for (const option_definition& option : command.options) {
            const std::string takes = option.takes_path() ? "<file>" : joined(option.choices);
            if (option.is_argument()) {
                if (!takes.empty()) {
                    arguments.append(key).append("\"").append(takes).append("\"\n");
                }
                continue;
            }
            names.insert(names.end(), option.names.begin(), option.names.end());
            if (!option.is_flag()) {
                for (const std::string& name : option.names) {
                    values.append("        [\"").append(path).append(" ").append(name).append("\"]=\"");
                    values.append(takes.empty() ? "<any>" : takes).append("\"\n");
                }
            }
        }
        if (!command.path.empty()) {
            names.insert(names.end(), {"-h", "--help"});
        }
        commands += key + "\"" + joined(inner) + "\"\n";
        options += key + "\"" + joined(names) + "\"\n";
        for (const command_definition& c : command.commands) {
            add(c);
        }
    }
};

constexpr const char* head = R"(# bash completion of pawlctl; printed by: pawlctl completion bash
_pawlctl() {
    local -A commands=(
)";
constexpr const char* script = R"(    )
    local word=${COMP_WORDS[COMP_CWORD]} path=pawlctl expects='' inner='' i candidate
    # The command so far, and what the word before expects ("<any>", "<file>" or the words it takes).
    for ((i = 1; i < COMP_CWORD; i++)); do
        candidate=${COMP_WORDS[i]}
        if [[ $candidate == '=' ]]; then
            continue
        elif [[ -n $expects ]]; then
            expects=''
        elif [[ $candidate == -* ]]; then
            expects=${values["$path $candidate"]-${values["pawlctl $candidate"]-}}
        elif [[ " ${commands["$path"]} " == *" $candidate "* ]]; then
            path+=" $candidate"
        fi
    done
    [[ $word == '=' ]] && word=''
    COMPREPLY=()
    if [[ -z $expects && $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "${options["$path"]} ${options[pawlctl]}" -- "$word")
        return
    fi
    # A command may take an argument and have commands of its own.
    [[ -n $expects ]] || { expects=${arguments["$path"]-}; inner=${commands["$path"]}; }
    case $expects in
    '<file>') compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$word"; compgen -W "$inner" -- "$word") ;;
    '<any>') ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$expects $inner" -- "$word") ;;
    esac
}
complete -F _pawlctl pawlctl
)";

} // namespace

std::string bash_completion() {
    tables all;
    all.add(definitions());
    std::string out = head;
    out +=
        all.commands + "    )\n    local -A options=(\n" + all.options + "    )\n    local -A values=(\n" + all.values;
    out += "    )\n    local -A arguments=(\n" + all.arguments;
    return out + script;
}

} // namespace pawl::tools
