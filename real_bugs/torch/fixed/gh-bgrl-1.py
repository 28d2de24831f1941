import argparse
import torch
import torch.nn as nn


def build_predictor(rep_dim, pred_hid, pred_out):
    return nn.Sequential(nn.Linear(rep_dim, pred_hid), nn.BatchNorm1d(pred_hid), nn.PReLU(),
                         nn.Linear(pred_hid, pred_out))


def parse():
    p = argparse.ArgumentParser()
    p.add_argument("--layers", nargs="*", type=int, default=[512, 256])
    p.add_argument("--pred_hid", type=int, default=512)
    p.add_argument("--epochs", type=int, default=1)
    return p.parse_args()


args = parse()
rep_dim = args.layers[0]
predictor = build_predictor(rep_dim, args.pred_hid, args.layers[-1])
nodes = torch.randn(34, rep_dim)
for epoch in range(args.epochs):
    z = predictor(nodes)
    loss = z.pow(2).mean()
    loss.backward()
    print(f"epoch {epoch}: {loss.item():.3f}")
