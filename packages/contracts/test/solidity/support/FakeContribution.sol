// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Contributor, Registration} from "../../../contracts/interfaces/IServiceNodeRegistry.sol";
import {ServiceNodeRewards} from "../../../contracts/ServiceNodeRewards.sol";

/// @dev As much of a contribution contract as a registration asks for; the real ones have tests of their own.
contract Contribution {
    address public immutable operator;
    uint256 public immutable stakingRequirement;

    constructor(address operator_, uint256 stakingRequirement_) {
        (operator, stakingRequirement) = (operator_, stakingRequirement_);
    }

    function register(
        ServiceNodeRewards rewards,
        IERC20 token,
        Registration calldata registration,
        Contributor[] calldata contributors
    ) external returns (uint64) {
        token.approve(address(rewards), type(uint256).max);
        return rewards.addBLSPublicKey(registration, contributors);
    }
}

contract ContributionFactory {
    mapping(address account => bool) public isContribution;

    function make(address operator, uint256 stakingRequirement) external returns (Contribution contribution) {
        contribution = new Contribution(operator, stakingRequirement);
        isContribution[address(contribution)] = true;
    }
}
