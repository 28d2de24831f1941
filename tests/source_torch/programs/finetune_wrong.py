# expect: fault self.classifier dense-in-features
import torch
import torch.nn as nn
import torchvision.models as models


class Encoder(nn.Module):
    def __init__(self, classes):
        super().__init__()
        base = models.resnet50(pretrained=True)
        modules = list(base.children())[:-1]
        self.resnet = nn.Sequential(*modules)
        self.classifier = nn.Linear(512, classes)

    def forward(self, images):
        features = self.resnet(images)
        features = features.reshape(features.size(0), -1)
        return self.classifier(features)


Encoder(4)(torch.randn(2, 3, 224, 224))
