// What does a word add to an architecture?
//     cmake --build build --target example_vocabulary && build/examples/example_vocabulary words
// Draws the words of docs/vocabulary.md into a folder that exists: norm::post into norm_post.svg.
#include <tessera/arch/svg.hpp>
#include <tessera/tessera.hpp>

#include <fstream>
#include <iostream>
#include <string>

namespace ts = tessera;

// 4 x 4 tokens of 16 channels, and around a word as little as it allows.
template <class... Words>
using bare = ts::vit<ts::image<8>, ts::width<16>, ts::heads<2>, ts::classes<3>, Words...>;
template <class... Words>
using plain = bare<ts::patch<2>, Words...>;
using no_blocks = ts::stages<ts::stage<0>>;
template <class... Parts>
using body = plain<ts::positions::none, ts::head::none, ts::stages<Parts...>>;
template <class... Words>
using block = body<ts::stage<1, Words...>>;
using two_maps = ts::stages<ts::feature_map, ts::pool::max<2>, ts::feature_map>;
template <class Head>
using exits = ts::early_exit<body<ts::stage<2>>, ts::exit_at<1, Head>>;
using decoder = ts::decoder<ts::width<8>, ts::depth<1>, ts::heads<2>>;

struct album {
  std::string folder;
  bool good = true;
  template <class A>
  void draw(const std::string& word) {
    std::string name = word.substr(0, word.find_first_of("<,"));
    if (const auto at = name.find("::"); at != name.npos) name.replace(at, 2, "_");
    std::ofstream file(folder + name + ".svg");
    ts::to_svg<A>(file, word);
    if (!file.flush()) std::cout << "could not write " << name << ".svg\n", good = false;
  }
};

int main(int argc, char** argv) {
  album to{std::string(argc > 1 ? argv[1] : ".") + "/"};
  to.draw<plain<ts::depth<2>>>("vit");
  to.draw<bare<ts::patch<2, ts::normed>, no_blocks, ts::head::none>>("patch<2, normed>");
  to.draw<bare<ts::conv_stem<4, 8>, no_blocks, ts::head::none>>("conv_stem<4, 8>");
  to.draw<plain<no_blocks, ts::normalise::half, ts::head::none>>("normalise::half");
  to.draw<block<ts::window<2>>>("window<2>");
  to.draw<body<ts::stage<2, ts::shifted_window<2>>>>("shifted_window<2>");
  to.draw<block<ts::reduction<2>>>("reduction<2>");
  to.draw<block<ts::relative_positions::table>>("relative_positions::table");
  to.draw<block<ts::relative_positions::decomposed>>("relative_positions::decomposed");
  to.draw<block<ts::mlp::mix>>("mlp::mix");
  to.draw<block<ts::norm::post>>("norm::post");
  to.draw<block<ts::norm::res_post>>("norm::res_post");
  to.draw<block<ts::layer_scale<1, -5>>>("layer_scale<1, -5>");
  to.draw<plain<ts::depth<1>, ts::distillation_token, ts::head::distilled>>(
      "distillation_token, head::distilled");
  to.draw<plain<ts::depth<1>, ts::registers<4>>>("registers<4>");
  to.draw<plain<no_blocks, ts::positions::none>>("positions::none");
  to.draw<plain<no_blocks>>("global_pool::average");
  to.draw<plain<no_blocks, ts::global_pool::normed_average>>("global_pool::normed_average");
  to.draw<plain<no_blocks, ts::global_pool::mean>>("global_pool::mean");
  to.draw<plain<no_blocks, ts::head::none>>("head::none");
  to.draw<plain<no_blocks, ts::head::reconstruction>>("head::reconstruction");
  to.draw<plain<two_maps, ts::head::all_mlp<8>>>("head::all_mlp<8>");
  to.draw<body<ts::pool::average<2>>>("pool::average<2>");
  to.draw<body<ts::pool::max<2>>>("pool::max<2>");
  to.draw<body<ts::pool::conv<2>>>("pool::conv<2>");
  to.draw<body<ts::layer<0>, ts::layer<0, ts::merge<24>>>>("layer<0>, layer<0, merge<24>>");
  to.draw<body<ts::layer<0, ts::split<8>>>>("split<8>");
  to.draw<bare<ts::stages<ts::mix_stage<1, ts::patch<2>, ts::width<8>>>, ts::head::none>>(
      "mix_stage<1, ...>");
  to.draw<body<ts::feature_map, ts::pool::max<2>, ts::feature_map>>("feature_map, twice");
  to.draw<body<ts::channel_code<4>, ts::projection<8>>>("channel_code<4>, projection<8>");
  to.draw<exits<ts::exit_head::linear>>("exit_head::linear");
  to.draw<exits<ts::exit_head::local_perception<3>>>("exit_head::local_perception<3>");
  to.draw<exits<ts::exit_head::global_aggregation<2>>>("exit_head::global_aggregation<2>");
  to.draw<ts::mae<plain<ts::depth<1>>, decoder, ts::mask::random<3, 4>>>("mae");
  return to.good ? 0 : 1;
}
