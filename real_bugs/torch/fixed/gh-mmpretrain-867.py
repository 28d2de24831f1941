import torch
import torch.nn as nn

IMG = 224
NUM_CLASSES = 3


class VGGHead(nn.Module):
    def __init__(self, num_classes, hidden=4096):
        super().__init__()
        self.flatten = nn.Flatten()
        self.mlp = nn.Sequential(
            nn.Linear(512 * 7 * 7, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, num_classes),
        )

    def forward(self, feat):
        return self.mlp(self.flatten(feat))


class Classifier(nn.Module):
    widths = (16, 32, 64, 128, 512)

    def __init__(self, num_classes):
        super().__init__()
        stages, c = [], 3
        for w in self.widths:
            stages.append(nn.Conv2d(c, w, 3, padding=1))
            stages.append(nn.ReLU(inplace=True))
            stages.append(nn.MaxPool2d(2))
            c = w
        self.backbone = nn.Sequential(*stages)
        self.head = VGGHead(num_classes)

    def forward(self, img):
        return self.head(self.backbone(img))


model = Classifier(NUM_CLASSES)
model.eval()
with torch.no_grad():
    logits = model(torch.zeros(2, 3, IMG, IMG))
print(logits.argmax(dim=1))
