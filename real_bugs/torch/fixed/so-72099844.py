import torch
import numpy as np

X_train = np.arange(1, 20, dtype=np.float32).reshape(-1, 1)
y_train = 3 * X_train + 2 + np.random.normal(0, .5, X_train.shape).astype(np.float32)


class LinearRegression(torch.nn.Module):
    def __init__(self, inputSize, outputSize):
        super(LinearRegression, self).__init__()
        self.linear = torch.nn.Linear(inputSize, outputSize)

    def forward(self, x):
        return self.linear(x)


input_size = 1
output_size = 1
model = LinearRegression(input_size, output_size)
criterion = torch.nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)

for epoch in range(5):
    inputs = torch.from_numpy(X_train)
    labels = torch.from_numpy(y_train)
    optimizer.zero_grad()
    outputs = model(inputs)
    loss = criterion(outputs, labels)
    loss.backward()
    optimizer.step()
