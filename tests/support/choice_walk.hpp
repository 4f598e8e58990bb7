// All paths through a run that makes choices.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace pawl::test {

// A depth-first walk over the choices of a run: choose() answers as the current path says and notes how many ways there
// were; next() turns to the next path.
class choice_walk {
public:
    std::size_t choose(std::size_t ways) {
        if (at_ == path_.size()) {
            path_.push_back({0, ways});
        }
        return path_[at_++].taken;
    }
    bool next() {
        at_ = 0;
        while (!path_.empty() && path_.back().taken + 1 == path_.back().ways) {
            path_.pop_back();
        }
        if (path_.empty()) {
            return false;
        }
        ++path_.back().taken;
        return true;
    }
    std::string describe() const {
        std::string text;
        for (const choice& c : path_) {
            text += std::to_string(c.taken) + "/" + std::to_string(c.ways) + " ";
        }
        return text;
    }

private:
    struct choice {
        std::size_t taken, ways;
    };
    std::vector<choice> path_;
    std::size_t at_ = 0;
};

} // namespace pawl::test
