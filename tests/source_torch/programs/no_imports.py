# expect: fault self.fc dense-in-features
class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv = nn.Conv1d(in_channels=4, out_channels=16, kernel_size=5)
        self.bn = nn.BatchNorm1d(16)
        self.fc = nn.Linear(100, 2)

    def forward(self, x):
        x = F.relu(self.bn(self.conv(x)))
        x = x.view(x.size(0), -1)
        return self.fc(x)

net = Net()
x = torch.randn(8, 4, 50)
print(net(x))
