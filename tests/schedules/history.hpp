// What parties asked of a store and what it said, and whether one after the other could have said the same: Wing and
// Gong's search over the orders that keep what ended before what began after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace pawl::test {

// `Model`: the state of a store that does one thing at a time; copied a lot.
template <class Model>
class call_history {
public:
    // Whether the answer is what the model would have given; changes the model as the call did.
    using explanation = std::function<bool(Model&)>;
    struct call {
        std::uint64_t began, ended;
        explanation explains;
        std::string text;
    };

    void add(call c) { calls_.push_back(std::move(c)); }
    const std::vector<call>& calls() const { return calls_; }
    bool has_an_order(const Model& start) const { return search(start, std::vector<bool>(calls_.size()), 0); }
    std::string describe() const {
        std::string text;
        for (const call& c : calls_) {
            text += std::to_string(c.began) + "-" + std::to_string(c.ended) + " " + c.text + "; ";
        }
        return text;
    }

private:
    bool search(const Model& now, const std::vector<bool>& done, std::size_t count) const {
        if (count == calls_.size()) {
            return true;
        }
        for (std::size_t i = 0; i < calls_.size(); ++i) {
            if (done[i] || !may_be_next(i, done)) {
                continue;
            }
            Model after = now;
            if (calls_[i].explains(after)) {
                std::vector<bool> more = done;
                more[i] = true;
                if (search(after, more, count + 1)) {
                    return true;
                }
            }
        }
        return false;
    }
    bool may_be_next(std::size_t i, const std::vector<bool>& done) const {
        for (std::size_t j = 0; j < calls_.size(); ++j) {
            if (!done[j] && j != i && calls_[j].ended < calls_[i].began) {
                return false;
            }
        }
        return true;
    }

    std::vector<call> calls_;
};

} // namespace pawl::test
