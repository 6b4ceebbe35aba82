// The main job on real images, on the CPU: light clients pre-train one-block masked auto-encoders on
// unlabelled CIFAR-10 pictures, the server cascades their blocks into a deeper vision transformer,
// fine-tunes it on few labels, teaches it an early exit, and serves it with that exit.
//
//     cmake -P cmake/demo.cmake          (or: demo <rounds> <epochs> <seed>)
//
// Longer than the other examples: it is the whole way, and every table it prints comes from it.

#include "demo_support.hpp"

using vit = ts::vit<ts::image<32>, ts::patch<4>, ts::width<64>, ts::heads<4>, ts::depth<4>, ts::classes<10>>;
using client = ts::vit<ts::image<32>, ts::patch<4>, ts::width<64>, ts::heads<4>, ts::depth<1>, ts::classes<10>>;
using decoder = ts::decoder<ts::width<48>, ts::depth<1>, ts::heads<4>>;
using auto_encoder = ts::mae<client, decoder, ts::mask::random<3, 4>>;

using pretrain = ts::train<auto_encoder, ts::adamw, ts::term<ts::weight<1>, ts::loss::masked_reconstruction>>;
using fed = ts::federation<pretrain, ts::select::all, ts::local_epochs<1>, ts::batch_size<128>,
                           ts::aggregate::fed_avg, ts::shared<"blocks.*", ts::over::group>>;
using finetune = ts::train<vit, ts::adamw, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>;

using early = ts::early_exit<vit, ts::exit_at<2, ts::exit_head::linear>>;
using labels_only = ts::term<ts::weight<1>, ts::loss::cross_entropy<ts::on<"exits.0">>>;
using by_labels = ts::train<early, ts::adamw, ts::trainable<"exits">, labels_only>;
using by_teacher =
    ts::train<early, ts::adamw, ts::trainable<"exits">,
              ts::term<ts::weight<3, 10>, ts::loss::cross_entropy<ts::on<"exits.0">>>,
              ts::term<ts::weight<7, 10>, ts::distill::logits<"head", ts::temperature<2>, ts::on<"exits.0">>>>;

int main(int count, char** values) try {
  const demo::settings s(count, values);
  const demo::data data;
  std::printf("One client's network and the server's, as the compiler counts them:\n");
  std::printf("  %-34s %9lld parameters  %6.2f MMAC per image\n", "client: 1-block masked auto-encoder",
              ts::trainable_parameters<auto_encoder>, 1e-6 * double(ts::macs<auto_encoder>));
  std::printf("  %-34s %9lld parameters  %6.2f MMAC per image\n\n", "server: 4-block transformer",
              ts::parameters<vit>, 1e-6 * double(ts::macs<vit>));
  ts::print<vit>(std::cout);

  std::printf("\n1. Federated pre-training without labels: 8 clients in 4 groups, Dirichlet(0.5) split,\n"
              "   %d rounds. Blocks are averaged within a group, everything else over all.\n", s.rounds);
  const auto parts = ts::partition::dirichlet(data.labels(16'000), 8, 0.5, s.seed, 100);
  ts::simulation<fed> clients(parts, {0, 1, 2, 3, 0, 1, 2, 3}, data.source(), s.seed);
  clients.schedule([&](double r) { return ts::warmup_cosine(r, 0.1 * s.rounds, s.rounds, 1.5e-3); });
  demo::pretrain(clients, s.rounds);

  std::printf("\n2. Cascade into 4 blocks; fine-tune on %d labels, %d epochs, beside the same network from\n"
              "   scratch with the same labels and steps.\n", demo::few_labels, s.epochs);
  ts::trainer<finetune> tuned(s.seed), scratch(s.seed);
  std::vector<ts::weights<float>> groups;
  for (int g = 0; g < clients.group_count(); ++g) groups.push_back(clients.server(g));
  const ts::transfer_report moved = ts::cascade(groups, tuned.parameters());
  std::printf("   cascade: %zu tensors from the clients, %zu fresh\n", moved.copied.size(), moved.fresh.size());
  demo::fit(scratch, data, s, "from scratch", s.epochs, 1e-3);
  demo::fit(tuned, data, s, "cascaded", s.epochs, 1e-3);

  std::printf("\n3. An exit after block 2, the rest frozen: taught by labels, and by labels and the final\n"
              "   classifier (70 %% distillation, temperature 2).\n");
  ts::trainer<by_labels> taught(s.seed);
  ts::trainer<by_teacher> distilled(s.seed);
  ts::transfer(tuned.parameters(), taught.parameters());
  ts::transfer(tuned.parameters(), distilled.parameters());
  demo::fit(taught, data, s, "exit by labels", s.epochs, 2e-3);
  demo::fit(distilled, data, s, "exit distilled", s.epochs, 2e-3);

  std::printf("\n4. Served on the 10,000 test images, in batches of 100; an image leaves at the exit where its\n"
              "   confidence is above the threshold.\n\n");
  std::printf("  %-42s %9s %11s %11s %9s\n", "", "accuracy", "leave early", "us / image", "MMAC");
  demo::row<vit>("from scratch", scratch.parameters(), data);
  demo::row<vit>("federated, cascaded, fine-tuned", tuned.parameters(), data);
  for (double threshold : {0.6, 0.4}) {
    const std::string at = threshold == 0.6 ? ", threshold 0.6" : ", threshold 0.4";
    demo::row_with_exit<early>("  exit taught by labels" + at, taught.parameters(), data, threshold);
    demo::row_with_exit<early>("  exit distilled" + at, distilled.parameters(), data, threshold);
  }
  std::printf("\n  sent in pre-training: %.1f MB (%.1f kB per client, round and direction)\n",
              1e-6 * double(clients.sent().total()),
              1e-3 * double(clients.sent().total()) / double(2 * 8 * s.rounds));
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "demo: %s\n", e.what());
  return 1;
}
