/*
 * What is similar to each item, in C++:
 *
 *   c++ -o similar similar.cc $(pkg-config --cflags --libs stair)
 *   ./similar data.npz model.npz
 */
#include <stair.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

class Shop
{
  public:
    Shop(const std::string &data, const std::string &model, int threads)
    {
        stair *opened;
        if (stair_open(&opened, data.c_str(), model.c_str(), threads, &error_))
            throw std::runtime_error(error_.message);
        stair_.reset(opened);
    }

    std::string
    item(int64_t index) const
    {
        int64_t length;
        const char *id = stair_item_id(stair_.get(), index, &length);
        return std::string(id, static_cast<size_t>(length));
    }

    /* Lists of n items for every item, one after the other. */
    std::vector<int64_t>
    similar(int64_t n, std::vector<float> &score)
    {
        int64_t items = stair_items(stair_.get());
        std::vector<int64_t> of, list(static_cast<size_t>(items * n));
        for (int64_t i = 0; i < items; i++)
            of.push_back(i);
        score.resize(list.size());
        if (stair_similar(stair_.get(), of.data(), items, n, nullptr, 0,
                list.data(), score.data(), &error_))
            throw std::runtime_error(error_.message);
        return list;
    }

  private:
    struct Close {
        void
        operator()(stair *s) const
        {
            stair_close(s);
        }
    };
    std::unique_ptr<stair, Close> stair_;
    stair_error error_;
};

int
main(int argc, char **argv)
{
    if (argc != 3) {
        std::fprintf(stderr, "usage: similar DATA MODEL\n");
        return 2;
    }
    try {
        const size_t n = 3;
        Shop shop(argv[1], argv[2], 2);
        std::vector<float> score;
        std::vector<int64_t> list = shop.similar(n, score);
        for (size_t at = 0; at < list.size(); at++)
            if (list[at] >= 0)
                std::printf("%s\t%d\t%s\t%.9g\n",
                    shop.item(static_cast<int64_t>(at / n)).c_str(),
                    static_cast<int>(at % n) + 1, shop.item(list[at]).c_str(),
                    static_cast<double>(score[at]));
    } catch (const std::exception &e) {
        std::fprintf(stderr, "similar: %s\n", e.what());
        return 1;
    }
    return 0;
}
