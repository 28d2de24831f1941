# expect: fault self.l1 dense-in-features
import torch
import torch.nn as nn
import torchvision
import torchvision.transforms as transforms

batch_size = 100
train_dataset = torchvision.datasets.CIFAR10(root='./data', train=True, transform=transforms.ToTensor(), download=True)
train_loader = torch.utils.data.DataLoader(dataset=train_dataset, batch_size=batch_size, shuffle=True)


class NeuralNet(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes):
        super(NeuralNet, self).__init__()
        self.l1 = nn.Linear(input_size, hidden_size)
        self.relu = nn.ReLU()
        self.l2 = nn.Linear(hidden_size, num_classes)

    def forward(self, x):
        out = self.l1(x)
        out = self.relu(out)
        return self.l2(out)


model = NeuralNet(784, 500, 10)
criterion = nn.CrossEntropyLoss()
n_total_steps = len(train_loader)
for epoch in range(2):
    for i, (images, labels) in enumerate(train_loader):
        images = images.reshape(-1, 3 * 32 * 32)
        outputs = model(images)
        loss = criterion(outputs, labels)
        if (i + 1) % 100 == 0:
            print(f'Epoch [{epoch+1}], Step [{i+1}/{n_total_steps}], Loss: {loss.item():.4f}')
with torch.no_grad():
    n_correct = 0
    for images, labels in train_loader:
        images = images.reshape(-1, 3 * 32 * 32)
        outputs = model(images)
        _, predicted = torch.max(outputs.data, 1)
        n_correct += (predicted == labels).sum().item()
